import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { commands } from '#cli/run.js'
import { entrain, entrainWell, expectMessage, PATIENCE } from './process.js'

describe('entrain', { timeout: PATIENCE }, () => {
  it.each(['--help', '-h'])('%s lists the commands', async (flag) => {
    const { stdout } = await entrainWell(flag)
    for (const { name, about } of commands) expect(stdout.replaceAll(/ +/g, ' ')).toContain(`\n ${name} ${about}\n`)
  })

  it('prints the help without arguments', async () => {
    expect((await entrainWell()).stdout).toBe((await entrainWell('--help')).stdout)
  })

  it('--version prints the version of the package', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { readonly version: string }
    expect((await entrainWell('--version')).stdout).toBe(`${version}\n`)
  })

  it.each(commands)('$name --help shows every flag, and runs nothing', async ({ name, flags, examples, usage }) => {
    const { stdout } = await entrainWell(name, '--help')
    expect(stdout).toContain(`Usage: entrain ${name} ${usage}`)
    for (const flag of flags) expect(stdout).toContain(`\n  --${flag.name} ${flag.value} `)
    for (const [command] of examples) expect(stdout).toContain(`\n  ${command} `)
    expect(stdout).not.toMatch(/undefined|\[object|NaN/)
  })

  it('prints the help of a command that has other arguments too', async () => {
    expect((await entrainWell('train', '--steps', '3', '-h')).stdout).toContain('Usage: entrain train ')
  })

  it('names an unknown command and suggests the nearest one', async () => {
    expectMessage(await entrain('trian'), 2, 'trian: unknown command; did you mean entrain train?\nSee entrain --help.')
    expectMessage(await entrain('zzzzzzzzz'), 2, /^zzzzzzzzz: unknown command\n/)
  })
})
