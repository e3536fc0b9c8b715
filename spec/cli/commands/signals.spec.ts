import { type ChildProcess, execFile, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { orThrow } from '#lib/or-throw.js'
import { readRunStatus } from '#lib/run/run-status.js'
import { expectMessage, PATIENCE, printed, start, type Started, workshop } from '../process.js'

const { at, base } = workshop()
const small = '--group 4 --evaluation-prompts 4 --evaluation-samples 2 --engine onnx'.split(' ')
/** Arguments of a run that goes on until it is stopped, with steps that take time. */
const endless = (folder: string): readonly string[] => [
  ...['train', '--model', base(), '--out', at(folder), '--steps', '100000', '--prompts', '256'],
  ...small,
]
/** Arguments of a run of two steps. */
const short = (folder: string): readonly string[] => [
  ...['train', '--model', base(), '--out', at(folder), '--steps', '2', '--prompts', '4'],
  ...small,
]
/** Arguments of a run whose updates are refused until it fails. */
const failing = (folder: string): readonly string[] => [
  ...['train', '--out', at(folder), '--steps', '12', '--prompts', '4', '--learning-rate', '1e38'],
  ...small,
]

const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url))
/** Starts a shell command in which "$@" is a command line of `entrain`. */
const startInShell = (command: string, argv: readonly string[]): Started => {
  let child!: ChildProcess
  const ended = new Promise<Awaited<Started['ended']>>((resolve) => {
    const words = ['-c', command, 'bash', process.execPath, main, ...argv]
    child = execFile('bash', words, { timeout: PATIENCE }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    )
  })
  return { child, ended }
}
const killAtEnd = (run: Started): Started => {
  onTestFinished(() => void run.child.kill('SIGKILL'))
  return run
}
/** Starts an endless run that no shell wrapped, and waits for its first step. */
const startEndless = async (folder: string): Promise<Started> => {
  const run = killAtEnd(start(endless(folder), undefined, { _: process.execPath }))
  await printed(run, /^step +1\//m)
  return run
}
const statusIn = (folder: string): unknown =>
  (JSON.parse(readFileSync(at(folder, 'summary.json'), 'utf8')) as { readonly status?: unknown }).status
/** Process that trains a run, which may be another one than that of the shell. */
const pidOf = (folder: string): number =>
  (JSON.parse(readFileSync(at(folder, 'run.lock'), 'utf8')) as { readonly pid: number }).pid
const stepsIn = (folder: string): number => readFileSync(at(folder, 'metrics.jsonl'), 'utf8').split('\n').length - 1
const notesOf = (folder: string): Promise<string> => readFile(at(folder, 'notes.log'), 'utf8')
const hasPlots = async (folder: string) => (await readdir(at(folder))).some((file) => file.endsWith('.svg'))

describe('a signal', { timeout: PATIENCE }, () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s saves the run and ends it with exit code %i', async (signal, code) => {
    const run = await startEndless(signal)
    run.child.kill(signal)
    expectMessage(await run.ended, code, /^stopping: /m)
    expect(statusIn(signal)).toBe('interrupted')
    expect(existsSync(at(signal, 'checkpoint.safetensors'))).toBe(true)
    expect(existsSync(at(signal, 'run.lock'))).toBe(false)
    expect(await hasPlots(signal)).toBe(true)
  })

  it('that is the second one leaves out all files but the one that is being written', async () => {
    const run = await startEndless('second')
    run.child.kill('SIGINT')
    run.child.kill('SIGTERM')
    // Either may arrive first.
    const ended = await run.ended
    expect([130, 143]).toContain(ended.code)
    expectMessage(ended, ended.code!, /^already stopping: /m)
    expect(ended.stdout).toContain(`\nThe results so far are in ${at('second')}\n`)
    expect(statusIn('second')).toBe('interrupted')
    expect(existsSync(at('second', 'checkpoints'))).toBe(true)
    expect(existsSync(at('second', 'checkpoint.safetensors'))).toBe(false)
    expect(await hasPlots('second')).toBe(false)
  })

  it('that is the third one ends the process at once, and the folder tells it', async () => {
    const run = await startEndless('third')
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) run.child.kill(signal)
    expect(await run.ended).toMatchObject({ code: null })
    expect(['SIGHUP', 'SIGINT', 'SIGTERM']).toContain(run.child.signalCode)
    expect(statusIn('third')).toBe('running')
    expect(await orThrow(readRunStatus(at('third'), () => Date.now() / 1000))).toMatchObject({ status: 'interrupted' })
  })
})

const shellHas = (command: string) => spawnSync('bash', ['-c', `command -v ${command}`]).status === 0

describe.runIf(shellHas('nohup'))('nohup', { timeout: PATIENCE }, () => {
  it.each([
    ['started by a shell', 'nohup "$@"'],
    ['in a script', 'trap \'\' HUP; "$@"; exit $?'],
  ])('%s keeps SIGHUP without effect', async (name, command) => {
    const folder = name.replaceAll(' ', '-')
    const run = killAtEnd(startInShell(command, endless(folder)))
    await printed(run, /^step +1\//m)
    const pid = pidOf(folder)
    onTestFinished(() => void spawnSync('kill', ['-KILL', String(pid)]))
    process.kill(pid, 'SIGHUP')
    const before = stepsIn(folder)
    await vi.waitFor(() => expect(stepsIn(folder)).toBeGreaterThan(before + 2), PATIENCE)
    expect(statusIn(folder)).toBe('running')
    process.kill(pid, 'SIGTERM')
    expectMessage(await run.ended, 143, /^stopping: /m)
  })
})

describe.runIf(process.platform === 'linux' && shellHas('script'))('a closed terminal', { timeout: PATIENCE }, () => {
  it('loses nothing: the run is saved, and its exit code is that of SIGHUP', async () => {
    const entrain = [process.execPath, main, ...endless('terminal')].map((word) => `'${word}'`).join(' ')
    // The system signals the shell alone, which passes the signal on, as interactive shells do. Then it waits once more.
    const command = `trap 'kill -HUP $!' HUP; ${entrain} & wait $!; wait $!; echo $? > '${at('code')}'`
    const run = killAtEnd(startInShell(`exec script -qfc "$3" /dev/null`, [command]))
    await vi.waitFor(() => expect(stepsIn('terminal')).toBeGreaterThan(0), PATIENCE)
    const pid = pidOf('terminal')
    onTestFinished(() => void spawnSync('kill', ['-KILL', String(pid)]))
    run.child.kill('SIGKILL')
    await vi.waitFor(() => expect(statusIn('terminal')).toBe('interrupted'), PATIENCE)
    expect(existsSync(at('terminal', 'checkpoint.safetensors'))).toBe(true)
    expect(await notesOf('terminal')).toMatch(/ standard error: found a terminal that is gone: its text is lost/)
    await vi.waitFor(() => expect(readFileSync(at('code'), 'utf8')).toBe('129\n'), PATIENCE)
    expect(existsSync(at('terminal', 'run.lock'))).toBe(false)
  })
})

describe.runIf(existsSync('/dev/full'))('a stream that is full', { timeout: PATIENCE }, () => {
  it.each([
    ['standard output', '>'],
    ['standard error', '2>'],
  ])('does not end a run: %s', async (name, redirection) => {
    const folder = name.replace(' ', '-')
    const { code, stderr } = await startInShell(`"$@" ${redirection} /dev/full`, short(folder)).ended
    expect(code).toBe(0)
    expect(statusIn(folder)).toBe('finished')
    const message = `${name}: found no space on the device: its text is lost, and the command continues\n`
    expect((await notesOf(folder)).split(message)).toHaveLength(2)
    if (name === 'standard output') expect(stderr).toContain(message)
  })

  it('fails a command whose results are nowhere else', async () => {
    const ended = await startInShell('"$@" > /dev/full', ['algorithms']).ended
    expectMessage(ended, 1, 'standard output: found no space on the device: its text is lost')
  })
})

describe('a stream that is closed', { timeout: PATIENCE }, () => {
  it('does not end a run, which tells it in its notes', async () => {
    const run = killAtEnd(start(short('closed')))
    run.child.stdout?.destroy()
    run.child.stderr?.destroy()
    expect(await run.ended).toMatchObject({ code: 0 })
    expect(statusIn('closed')).toBe('finished')
    const notes = await notesOf('closed')
    for (const name of ['output', 'error'])
      expect(notes).toMatch(new RegExp(`^\\S+Z standard ${name}: found a reader that closed it: `, 'm'))
    expect(notes.match(/^\S+Z standard /gm)).toHaveLength(2)
    expect(notes).toMatch(/^\S+Z entropy .* is far above its band /m)
  })

  it('leaves the notes and the error of a run that nobody reads in its folder', async () => {
    const run = killAtEnd(start(failing('failing')))
    run.child.stderr?.destroy()
    expect(await run.ended).toMatchObject({ code: 1 })
    const notes = await notesOf('failing')
    expect(notes).toMatch(/^\S+Z step 1: update refused, /m)
    expect(notes).toMatch(/^\S+Z error: step \d+: found 5 refused updates in a row /m)
  })
})
