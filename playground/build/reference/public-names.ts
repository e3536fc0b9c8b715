import { join } from 'node:path'
import { Application, type Comment, DeclarationReflection, ReferenceReflection, ReflectionKind } from 'typedoc'
import { type DeclarationReader, declarationReader } from './declarations.js'
import type { EntryPoint } from './entry-points.js'
import { exportsOf, firstComment, programOf } from './program.js'

/** An exported name with the facts that its reference shows. */
export interface PublicName {
  readonly name: string
  /** Such as `function` or `interface`. */
  readonly kind: string
  /** File of its declaration, from the root of the repository. */
  readonly file: string
  readonly declaration: string
  readonly comment: Comment | undefined
  /** Exports of a namespace. */
  readonly members: readonly PublicName[]
}

/** The public names of an entry point, in the order of its file. */
export interface PublicEntry extends EntryPoint {
  /** First comment of the file. */
  readonly about: string
  readonly names: readonly PublicName[]
}

/** The tags of docstrings in this repository. */
const blockTags = ['@shape', '@units', '@errors', '@source', '@example', '@returns'] as const

/** Reads the public names of each entry point with TypeDoc. */
export const readPublicNames = async (
  root: string,
  entries: readonly EntryPoint[],
): Promise<readonly PublicEntry[]> => {
  const program = programOf(root, entries)
  const app = await Application.bootstrap({
    blockTags: [...blockTags],
    basePath: root,
    disableGit: true,
    excludeExternals: true,
    logLevel: 'None',
    sourceLinkTemplate: '{path}',
  })
  const modules = entries.map((entry) => ({ ...entry, module: program.getSourceFile(join(root, entry.file))! }))
  const project = app.converter.convert(
    modules.map(({ name, module }) => ({ displayName: name, program, sourceFile: module })),
  )
  const readDeclaration = declarationReader(program)
  return Promise.all(
    modules.map(async ({ module, ...entry }) => {
      const reflections = project.children!.find(({ name }) => name === entry.name)!.children ?? []
      const names = await Promise.all(reflections.map((each) => publicName(each, readDeclaration)))
      const order = exportsOf(program, module)
      return withAbout(firstComment(module), {
        ...entry,
        names: names.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name)),
      })
    }),
  )
}

/** TypeDoc gives the first comment of an entry point to its first export if that has no docstring. */
const withAbout = (about: string, entry: Omit<PublicEntry, 'about'>): PublicEntry => ({
  ...entry,
  about,
  names: entry.names.map((name) =>
    name.comment?.summary.map(({ text }) => text).join('') === about ? { ...name, comment: undefined } : name,
  ),
})

const publicName = async (exported: DeclarationReflection, readDeclaration: DeclarationReader): Promise<PublicName> => {
  const declared = exported instanceof ReferenceReflection ? targetOf(exported) : exported
  const { fileName, fullFileName, line, character } = declared.sources![0]!
  const isNamespace = declared.kindOf(ReflectionKind.Namespace)
  const members = isNamespace ? (declared.children ?? []) : []
  return {
    name: exported.name,
    kind: ReflectionKind.singularString(declared.kind).toLowerCase(),
    file: fileName,
    declaration: isNamespace ? '' : await readDeclaration(fullFileName, line, character),
    comment: declared.comment ?? declared.signatures?.find(({ comment }) => comment !== undefined)?.comment,
    members: await Promise.all(members.map((member) => publicName(member, readDeclaration))),
  }
}

/** The declaration of a name that another entry point exports too. */
const targetOf = (reference: ReferenceReflection): DeclarationReflection => {
  const target = reference.getTargetReflectionDeep()
  if (target instanceof DeclarationReflection) return target
  throw new Error(`${reference.name}: found no declaration, expected the declaration of a public name`)
}
