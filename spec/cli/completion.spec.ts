import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { shells } from '#cli/completion/index.js'
import { commands } from '#cli/run.js'
import { temporaryFolder } from '../lib/run/temporary.js'
import { entrainHere, entrainWellHere } from './in-process.js'
import { expectMessage, PATIENCE } from './process.js'

const hasShell = async (shell: string): Promise<boolean> =>
  promisify(execFile)(shell, ['-c', 'true']).then(
    () => true,
    () => false,
  )
const hasBash = await hasShell('bash')

describe('entrain completion', { timeout: PATIENCE }, () => {
  it.each(Object.keys(shells))('%s prints a script with every command and every flag', async (shell) => {
    const { stdout } = await entrainWellHere('completion', shell)
    for (const { name, flags } of commands) {
      expect(stdout).toMatch(new RegExp(`[ '(]${name}[ :)'\\n]`))
      for (const flag of flags) expect(stdout).toMatch(new RegExp(`(--|-l )${flag.name}[ |"\\[]`))
    }
    expect(stdout).not.toMatch(/undefined|\[object/)
  })

  it.for(['bash', 'zsh', 'fish'])('%s prints a script that its shell can read', async (shell, { skip }) => {
    skip(!(await hasShell(shell)), `${shell} is not installed`)
    const file = join(await temporaryFolder(), 'script')
    await writeFile(file, (await entrainWellHere('completion', shell)).stdout)
    await promisify(execFile)(shell, ['-n', file])
  })

  it('refuses another shell', async () => {
    expectMessage(
      await entrainHere('completion', 'bsh'),
      2,
      /^SHELL: found "bsh", expected one of bash, zsh, fish; did you mean bash\?/,
    )
    expectMessage(await entrainHere('completion'), 2, /^SHELL: missing/)
  })

  it.skipIf(!hasBash)('completes commands, flags, values and files in bash', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'my-runs'))
    const { stdout: script } = await entrainWellHere('completion', 'bash')
    const lines: readonly (readonly [line: string, replies: readonly string[]])[] = [
      ['entrain tra', ['train']],
      ['entrain plo', ['plot']],
      ['entrain train --learning-rate-s', ['--learning-rate-schedule']],
      ['entrain train --learning-rate-schedule co', ['constant', 'cosine']],
      ['entrain train --task m', ['moves', 'math']],
      ['entrain train --quie', ['--quiet']],
      ['entrain eval --engine onnx-c', ['onnx-cuda']],
      ['entrain eval my', ['my-runs']],
      ['entrain train --out my', ['my-runs']],
      ['entrain train --steps ', []],
      ['entrain help wat', ['watch']],
      ['entrain completion z', ['zsh']],
    ]
    const asks = lines.map(([line]) => {
      const words = line.split(' ').map((word) => `'${word}'`)
      return `COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _entrain; echo "\${COMPREPLY[*]}"`
    })
    const { stdout } = await promisify(execFile)('bash', ['-c', [script, ...asks].join('\n')], { cwd: folder })
    const replies = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ').filter((word) => word !== ''))
    expect(replies).toEqual(lines.map(([, expected]) => expected))
  })
})
