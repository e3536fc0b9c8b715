import { fileErrorCode } from './file-error-code.js'

/** Text of the thing that is found in place of a file, by the code of the error of the file system. */
const problems: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'a folder',
  EEXIST: 'a file',
  EACCES: 'a file without the permission',
  EPERM: 'a file without the permission',
  ELOOP: 'a loop of symbolic links',
  ENAMETOOLONG: 'a name that is too long',
  EMFILE: 'too many open files',
  ENOSPC: 'no space on the device',
  EDQUOT: 'no space in the disk quota',
  EROFS: 'a file system that is read-only',
  ESTALE: 'a file that its server has lost',
}

/** Problems of a folder that is to be created, where they differ from those of a file that is to be read. */
const folderProblems: Readonly<Record<string, string>> = {
  ENOTDIR: 'a file on this path',
  EACCES: 'a folder without the permission',
  EPERM: 'a folder without the permission',
}

/** Describes an error of the file system for the field `found` of an error. Other errors keep their message. */
export const describeFileProblem = (cause: unknown): string => problems[fileErrorCode(cause) ?? ''] ?? messageOf(cause)

/** Describes why a folder cannot be created. */
export const describeFolderProblem = (cause: unknown): string =>
  folderProblems[fileErrorCode(cause) ?? ''] ?? describeFileProblem(cause)

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
