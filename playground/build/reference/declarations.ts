import { format } from 'prettier'
import ts from 'typescript'

/** Finds the declaration whose name begins at a place of a source file, without its docstring and function bodies. */
export type DeclarationReader = (file: string, line: number, character: number) => Promise<string>

/** Returns a reader that emits the declarations of each file once. */
export const declarationReader = (program: ts.Program): DeclarationReader => {
  const emitted = new Map<string, Promise<Declarations>>()
  return async (file, line, character) => {
    const source = program.getSourceFile(file)!
    const declarations = emitted.get(file) ?? declarationsOf(program, source)
    emitted.set(file, declarations)
    const start = source.getPositionOfLineAndCharacter(line - 1, character)
    const [name = ''] = /^[\w$]+/.exec(source.text.slice(start)) ?? []
    return (await declarations).get(name) ?? ''
  }
}

/** Text of each declaration of a file, by name. */
type Declarations = ReadonlyMap<string, string>

/** Emits the declarations of a file as in its `.d.ts` file, formatted for a page. */
const declarationsOf = async (program: ts.Program, file: ts.SourceFile): Promise<Declarations> => {
  let emitted = ''
  program.emit(file, (_, text) => (emitted = text), undefined, true)
  const short = emitted.replace(/import\("[^"]*"\)\./g, '').replace(/\{@link ([^}]*)\}/g, '$1')
  const module = ts.createSourceFile(file.fileName, short, ts.ScriptTarget.Latest, true)
  const texts = new Map<string, string>()
  for (const statement of module.statements) {
    for (const name of namesOf(statement)) {
      const before = texts.get(name)
      const text = await formatted(statement.getText(module))
      texts.set(name, before === undefined ? text : `${before}\n${text}`)
    }
  }
  return texts
}

const namesOf = (statement: ts.Statement): readonly string[] => {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText(statement.getSourceFile()))
  return ts.isDeclarationStatement(statement) && statement.name !== undefined ? [statement.name.text] : []
}

const formatted = async (declaration: string): Promise<string> => {
  const text = await format(declaration, { parser: 'typescript', semi: false, singleQuote: true, printWidth: 88 })
  return text.trimEnd().replace(/^(export )?(declare )?/, '')
}
