import { constants } from 'node:os'

/** Codes of errors of the file system that Node has no name for, by the number of the error. */
const unnamed = new Map<unknown, string>([
  [-constants.errno.EDQUOT, 'EDQUOT'],
  [-constants.errno.ESTALE, 'ESTALE'],
])

/** Returns the code of an error of the file system, such as ENOSPC; null for another error. */
export const fileErrorCode = (cause: unknown): string | null => {
  if (!(cause instanceof Error && 'code' in cause)) return null
  return ('errno' in cause ? unnamed.get(cause.errno) : undefined) ?? String(cause.code)
}
