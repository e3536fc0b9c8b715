import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'

/** A module of the package that a program may import. */
export interface EntryPoint {
  /** Name in an import, such as `entrain/node`. */
  readonly name: string
  /** TypeScript file in the repository, such as `node.ts`. */
  readonly file: string
}

const PackageCodec = t.type({
  name: t.string,
  exports: t.record(t.string, t.union([t.string, t.type({ types: t.string })])),
})

/** Reads the entry points from the field `exports` of package.json. @errors Error if package.json lacks the field */
export const readEntryPoints = async (root: string): Promise<readonly EntryPoint[]> => {
  const decoded = PackageCodec.decode(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')))
  if (E.isLeft(decoded)) throw new Error('package.json: found no field `exports` with types, expected the entry points')
  const { name, exports } = decoded.right
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'string' ? [] : [{ name: name + path.slice(1), file: sourceOf(target.types) }],
  )
}

const sourceOf = (declarations: string): string => declarations.replace(/^\.\/dist\//, '').replace(/\.d\.ts$/, '.ts')
