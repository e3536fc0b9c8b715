import { createRequire } from 'node:module'

/** Whether an optional peer is there. */
export const installed = (packageName: string): boolean => {
  try {
    return createRequire(import.meta.url).resolve(packageName) !== ''
  } catch {
    return false
  }
}
