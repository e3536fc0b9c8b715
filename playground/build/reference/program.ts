import { join } from 'node:path'
import ts from 'typescript'
import type { EntryPoint } from './entry-points.js'

/** Loads the entry points, and the files that they import, with the options of tsconfig.json. */
export const programOf = (root: string, entries: readonly EntryPoint[]): ts.Program => {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined }
  const { options } = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.json'), {}, host)!
  return ts.createProgram(
    entries.map(({ file }) => join(root, file)),
    { ...options, emitDeclarationOnly: true, sourceMap: false },
  )
}

/** Names that a module exports, in the order of its file. */
export const exportsOf = (program: ts.Program, module: ts.SourceFile): readonly string[] => {
  const checker = program.getTypeChecker()
  return checker.getExportsOfModule(checker.getSymbolAtLocation(module)!).map(({ name }) => name)
}

/** Text of the comment that a file begins with, up to its first tag; empty if there is none. */
export const firstComment = ({ text }: ts.SourceFile): string => {
  const [, comment = ''] = /^\/\*\*(.*?)\*\//s.exec(text) ?? []
  const [description = ''] = comment.replace(/^ *\* ?/gm, '').split(/^@/m)
  return description.trim()
}
