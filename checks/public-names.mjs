/**
 * Counts the names that each entry point exports, and reads their docstrings. The exit code is 1 if an entry point
 * exports more names than its limit, if a name has no docstring, if a first sentence breaks a rule, or if no guide, example
 * or other exported name needs a name.
 *
 *     node checks/public-names.mjs
 */
import { relative } from 'node:path'
import ts from 'typescript'
import { docstringFaults } from './docstring-faults.mjs'
import { programOf, readEntryPoints } from './entry-points.mjs'
import { limits } from './limits.mjs'
import { unneededNames } from './needed-names.mjs'

const entries = readEntryPoints()
const program = programOf(entries.map(({ file }) => file))
const checker = program.getTypeChecker()

/**
 * The declaration behind an exported name.
 *
 * @param {ts.Symbol} symbol
 */
const declared = (symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol)

/**
 * The docstring of a name; of a namespace, the docstring of its export or the first comment of its file.
 *
 * @param {ts.Symbol} symbol
 */
const docstringOf = (symbol) => {
  const text = ts.displayPartsToString(declared(symbol).getDocumentationComment(checker))
  if (text !== '') return text
  const file = declared(symbol).declarations?.find(ts.isSourceFile)
  return file === undefined ? '' : ts.displayPartsToString(symbol.getDocumentationComment(checker)) || headOf(file)
}

/**
 * The text of the comment that a file begins with.
 *
 * @param {ts.SourceFile} file
 */
const headOf = ({ text }) => /^\/\*\*(.*?)\*\//s.exec(text)?.[1]?.replace(/^ *\* ?/gm, '') ?? ''

/**
 * The faults of a name and, if it is a namespace, of its members.
 *
 * @param {ts.Symbol} symbol
 * @returns {readonly string[]}
 */
const faultsOf = (symbol) => {
  const { declarations = [] } = declared(symbol)
  const place = `${symbol.name} (${relative('.', declarations[0]?.getSourceFile().fileName ?? '')})`
  const text = docstringOf(symbol)
  const own = text === '' ? ['has no docstring'] : docstringFaults(text)
  const members = declarations.some(ts.isSourceFile) ? checker.getExportsOfModule(declared(symbol)) : []
  return [...own.map((fault) => `${place} ${fault}`), ...members.flatMap(faultsOf)]
}

/** @type {Map<string, readonly ts.Declaration[]>} */
const exported = new Map()

const rows = entries.map(({ name, file }) => {
  const module = program.getSourceFile(file)
  const symbol = module && checker.getSymbolAtLocation(module)
  if (symbol === undefined) throw new Error(`${file}: found no module, expected the entry point ${name}`)
  const names = checker.getExportsOfModule(symbol)
  for (const each of names)
    exported.set(each.name, declared(each).declarations?.filter((node) => !ts.isSourceFile(node)) ?? [])
  const faults = names.flatMap(faultsOf)
  const limit = limits[name] ?? 0
  const without = faults.filter((fault) => fault.endsWith('has no docstring')).length
  return { entry: name, names: names.length, limit, 'without docstring': without, faults }
})

console.table(rows.map(({ faults, ...row }) => ({ ...row, 'other faults': faults.length - row['without docstring'] })))
const over = rows.filter(({ names, limit }) => names > limit)
for (const { entry, names, limit } of over)
  console.log(`${entry}: found ${names} names, expected at most ${limit} (checks/limits.mjs)`)
for (const fault of new Set(rows.flatMap(({ faults }) => faults))) console.log(fault)
const unneeded = unneededNames(exported)
for (const name of unneeded) console.log(`${name} is in no guide, no example and no signature of another exported name`)
process.exitCode = over.length === 0 && unneeded.length === 0 && rows.every(({ faults }) => faults.length === 0) ? 0 : 1
