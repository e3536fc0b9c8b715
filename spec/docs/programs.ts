import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import ts from 'typescript'
import { codeBlocksOf } from './markdown.js'

/** A program of a page. */
export interface Program {
  /** Page, and number of the program on it. */
  readonly name: string
  readonly code: string
  /** Text of the `text` block that follows the program at once; null if there is none. */
  readonly output: string | null
}

/** Returns the `ts` blocks of a page, each with the output that the page shows. */
export const programsOf = (page: string): readonly Program[] => {
  const blocks = codeBlocksOf(page)
  const programs = blocks.flatMap(({ language, text }, i) => {
    const next = blocks[i + 1]
    return language === 'ts' ? [{ code: text, output: next?.language === 'text' ? next.text : null }] : []
  })
  return programs.map((program, i) => ({ ...program, name: `${page}, program ${i + 1}` }))
}

/** Programs as files in a folder from which `entrain` resolves to the package itself. */
export interface WrittenPrograms {
  /** JavaScript file of each program, in the order of the programs; each lies in a folder of its own. */
  readonly files: readonly string[]
  /** Errors of the type checker, one a line. */
  readonly errors: readonly string[]
  readonly remove: () => void
}

const settings = (): ts.CompilerOptions => {
  const read = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path))
  const { options } = ts.parseJsonConfigFileContent({ ...(read.config as object), include: [], files: [] }, ts.sys, '.')
  // With outDir, the compiler would read the sources of the package in place of its declarations.
  const layout = ['outDir', 'rootDir', 'declaration', 'sourceMap', 'inlineSources']
  return Object.fromEntries(Object.entries(options).filter(([name]) => !layout.includes(name)))
}

/** Type-checks the programs together, under the settings of tsconfig.json, and writes each as JavaScript. */
export const writePrograms = (programs: readonly Program[]): WrittenPrograms => {
  const folder = mkdtempSync(resolve('dist/programs-'))
  const sources = programs.map(({ name, code }) => {
    const own = join(folder, basename(name).replace(/\W+/g, '-'))
    mkdirSync(own)
    writeFileSync(join(own, 'program.ts'), code)
    return join(own, 'program.ts')
  })
  const program = ts.createProgram(sources, settings())
  const found = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics]
  const host = {
    getCanonicalFileName: (name: string) => name,
    getCurrentDirectory: () => folder,
    getNewLine: () => '\n',
  }
  return {
    files: sources.map((source) => source.replace(/\.ts$/, '.js')),
    errors: found.map((diagnostic) => ts.formatDiagnostic(diagnostic, host).trimEnd()),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

const number = /-?\d+(?:\.\d+)?(?:e[-+]?\d+)?/g

/**
 * Pattern of an output: a number matches any other number, because rounding depends on the machine, and a line with an
 * ellipsis alone stands for any lines.
 */
export const outputPattern = (shown: string): RegExp => {
  const lines = shown.split('\n').map((line) =>
    line.trim() === '…'
      ? '(?:.*\\n)*?'
      : `${line
          .split(number)
          .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/ +/g, ' +'))
          .join('-?\\d+(?:\\.\\d+)?(?:e[-+]?\\d+)?')}\\n`,
  )
  return new RegExp(`^${lines.join('')}$`)
}
