import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Reads the programs in `examples/`, and returns a function that lists the programs that use a name. */
export const exampleFinder = async (root: string): Promise<(name: string) => readonly string[]> => {
  const files = (await readdir(join(root, 'examples'))).filter((file) => file.endsWith('.ts')).sort()
  const programs = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(root, 'examples', file), 'utf8')
      return { path: `examples/${file}`, words: new Set(text.match(/[\w$]+/g)) }
    }),
  )
  return (name) => programs.filter(({ words }) => words.has(name)).map(({ path }) => path)
}
