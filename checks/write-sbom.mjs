/**
 * Writes the software bill of materials of the package, in CycloneDX: `npm run sbom`. The same package-lock.json gives the same
 * bytes, because the time and the random serial number of npm are left out.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'

const FILE = 'dist/sbom.cdx.json'

/**
 * @typedef {{ metadata: { component: { name: string }, timestamp?: string }, serialNumber?: string, components: unknown[] }} Bill
 */

const { name } = /** @type {{ name: string }} */ (JSON.parse(readFileSync('package.json', 'utf8')))
const words = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only']
const bill = /** @type {Bill} */ (JSON.parse(execFileSync('npm', words, { encoding: 'utf8', maxBuffer: 2 ** 26 })))
delete bill.serialNumber
delete bill.metadata.timestamp
// npm writes the name of the folder.
bill.metadata.component.name = name
mkdirSync('dist', { recursive: true })
writeFileSync(FILE, `${JSON.stringify(bill, null, 2)}\n`)
console.log(`${FILE}: ${bill.components.length} components`)
