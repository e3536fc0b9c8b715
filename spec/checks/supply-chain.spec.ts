import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>
  readonly allowScripts: Readonly<Record<string, boolean>>
  readonly dependencies: Readonly<Record<string, string>>
}

interface Locked {
  readonly packages: Readonly<
    Record<string, { readonly version: string; readonly integrity?: string; readonly hasInstallScript?: boolean }>
  >
}

const manifest = JSON.parse(await readFile('package.json', 'utf8')) as Manifest
const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8')) as Locked
const installed = Object.entries(packages).filter(([path]) => path !== '')

/** Scripts that npm runs when a package is installed. */
const installScripts = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare']

describe('package.json', () => {
  it('has no script that runs when the package is installed', () => {
    expect(Object.keys(manifest.scripts).filter((name) => installScripts.includes(name))).toEqual([])
  })

  it('allows no dependency to run a script when it is installed', () => {
    const names = installed
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.replace(/^.*node_modules\//, ''))
    expect(Object.keys(manifest.allowScripts).toSorted()).toEqual(names.toSorted())
    expect(Object.values(manifest.allowScripts)).toEqual(names.map(() => false))
  })

  it('names one version of each dependency, whose checksum is in package-lock.json', () => {
    const isExact = (version: string) => /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)
    expect(Object.entries(manifest.dependencies).filter(([, version]) => !isExact(version))).toEqual([])
    expect(installed.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true)).toEqual([])
  })
})

describe('the bill of materials', { timeout: 120_000 }, () => {
  it('lists every dependency with its version, and has the same bytes again', async () => {
    const write = async () => {
      expect(spawnSync('node', ['checks/write-sbom.mjs'], { encoding: 'utf8' }).stderr).toBe('')
      return readFile('dist/sbom.cdx.json', 'utf8')
    }
    const text = await write()
    const { components, metadata } = JSON.parse(text) as {
      readonly components: readonly { readonly name: string; readonly version: string }[]
      readonly metadata: { readonly component: { readonly name: string } }
    }
    expect(metadata.component.name).toBe('entrain')
    expect(components).toEqual(
      expect.arrayContaining(
        Object.entries(manifest.dependencies).map(
          ([name, version]) => expect.objectContaining({ name, version }) as unknown,
        ),
      ),
    )
    expect(await write()).toBe(text)
  })
})
