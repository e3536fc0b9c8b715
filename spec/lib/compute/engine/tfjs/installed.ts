import { createRequire } from 'node:module'

/** Returns whether an optional peer dependency is installed. */
export const installed = (packageName: string): boolean => {
  try {
    return createRequire(import.meta.url).resolve(packageName) !== ''
  } catch {
    return false
  }
}
