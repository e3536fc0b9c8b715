import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { commands } from '#cli/run.js'
import { entrainHere as entrain, entrainWellHere as entrainWell } from './in-process.js'
import { expectMessage, PATIENCE, start } from './process.js'

describe('entrain', { timeout: PATIENCE }, () => {
  it.each(['--help', '-h'])('%s lists the commands', async (flag) => {
    const { stdout } = await entrainWell(flag)
    for (const { name, about } of commands) expect(stdout.replaceAll(/ +/g, ' ')).toContain(`\n ${name} ${about}\n`)
  })

  it('prints the help without arguments', async () => {
    expect((await entrainWell()).stdout).toBe((await entrainWell('--help')).stdout)
  })

  it.each(['--version', '-v'])('%s prints the version of the package', async (flag) => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { readonly version: string }
    expect((await entrainWell(flag)).stdout).toBe(`${version}\n`)
  })

  it('help prints the help of the program, or of a command', async () => {
    expect((await entrainWell('help')).stdout).toBe((await entrainWell('--help')).stdout)
    for (const { name } of commands)
      expect((await entrainWell('help', name)).stdout).toBe((await entrainWell(name, '--help')).stdout)
    expectMessage(await entrain('help', 'trian'), 2, /^trian: unknown command; did you mean entrain train\?\n/)
    expectMessage(await entrain('help', 'train', 'eval'), 2, /^eval: unexpected\n/)
  })

  it('is a process with results on standard output and messages on standard error', async () => {
    const [help, wrong] = [start(['help', 'eval']), start(['evl'])]
    expect(await help.ended).toEqual({ code: 0, stdout: (await entrainWell('eval', '-h')).stdout, stderr: '' })
    expect(await wrong.ended).toEqual({ code: 2, stdout: '', stderr: (await entrain('evl')).stderr })
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
