import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import ts from 'typescript'

/** Guides and examples, as one text. */
const guides = execFileSync('git', ['ls-files', '*.md', 'examples/*.ts'], { encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((file) => file !== 'CHANGELOG.md')
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n')

const guideWords = new Set(guides.match(/[A-Za-z_$][\w$]*/g))

/**
 * The names that the signature of a declaration contains. Bodies of functions do not count.
 *
 * @param {ts.Node} node
 * @returns {readonly string[]}
 */
const signatureNames = (node) => {
  if (ts.isIdentifier(node)) return [node.text]
  const isFunction = ts.isArrowFunction(node) || ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)
  const parts = isFunction ? [...node.parameters.map(({ type }) => type), node.type] : node.getChildren()
  return parts.flatMap((part) => (part === undefined ? [] : signatureNames(part)))
}

/**
 * Returns the exported names that no guide, no example and no signature of another exported name contains.
 *
 * @param {ReadonlyMap<string, readonly ts.Declaration[]>} exported declarations of each name
 */
export const unneededNames = (exported) => {
  const inSignatures = new Map([...exported].map(([name, all]) => [name, new Set(all.flatMap(signatureNames))]))
  const isUsed = (/** @type {string} */ name) =>
    [...inSignatures].some(([other, names]) => other !== name && names.has(name))
  return [...exported.keys()].filter((name) => !guideWords.has(name) && !isUsed(name))
}
