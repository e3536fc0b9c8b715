/**
 * Writes the software bill of materials of the package, in CycloneDX: `npm run sbom`. The same package-lock.json gives the same
 * bytes, because the time and the random serial number of npm are left out.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'

const FILE = 'dist/sbom.cdx.json'

/**
 * @typedef {{ name: string, version: string, 'bom-ref': string }} Component
 * @typedef {{ ref: string, dependsOn: string[] }} Edge
 * @typedef {{
 *   metadata: { component: Component, timestamp?: string },
 *   serialNumber?: string,
 *   components: Component[],
 *   dependencies: Edge[],
 * }} Bill
 * @typedef {{ name?: string, version: string, dev?: boolean, devOptional?: boolean }} Locked
 */

/**
 * @param {string} text
 * @returns {unknown}
 */
const parse = (text) => JSON.parse(text)

const { name } = /** @type {{ name: string }} */ (parse(readFileSync('package.json', 'utf8')))
const { packages } = /** @type {{ packages: Record<string, Locked> }} */ (
  parse(readFileSync('package-lock.json', 'utf8'))
)
const words = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only']
const bill = /** @type {Bill} */ (parse(execFileSync('npm', words, { encoding: 'utf8', maxBuffer: 2 ** 27 })))

// `npm sbom --omit dev` also leaves out a dependency of the package that a package for development needs.
const published = new Set(
  Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true)
    .map(([path, locked]) => `${locked.name ?? path.replace(/^.*node_modules\//, '')}@${locked.version}`),
)
bill.components = bill.components.filter((component) => published.has(`${component.name}@${component.version}`))
const refs = new Set([bill.metadata.component, ...bill.components].map((component) => component['bom-ref']))
bill.dependencies = bill.dependencies
  .filter(({ ref }) => refs.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) }))
delete bill.serialNumber
delete bill.metadata.timestamp
// npm writes the name of the folder.
bill.metadata.component.name = name
mkdirSync('dist', { recursive: true })
writeFileSync(FILE, `${JSON.stringify(bill, null, 2)}\n`)
console.log(`${FILE}: ${bill.components.length} components`)
