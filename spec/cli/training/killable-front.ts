import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Program that passes connections to a port on, and prints the port at which it listens. */
const program = `
  import { connect, createServer } from 'node:net'
  const [port, target] = process.argv.slice(1).map(Number)
  const server = createServer((socket) => {
    const upstream = connect(target, '127.0.0.1')
    for (const end of [socket, upstream]) end.on('error', () => [socket, upstream].forEach((each) => each.destroy()))
    socket.pipe(upstream).pipe(socket)
  })
  server.listen(port, '127.0.0.1', () => console.log(server.address().port))
`

/** Process of a server: clients of a double reach it only through this process, which is killed as a server is. */
export interface Front {
  readonly url: string
  /** Kills the process by force, with all its connections. */
  readonly kill: () => Promise<void>
  /** Starts the process again at the same address. */
  readonly restart: () => Promise<void>
}

/** Starts a process in front of a double. It is killed after the test. */
export const startFront = async (target: string): Promise<Front> => {
  const start = async (port: number): Promise<{ readonly child: ChildProcess; readonly port: number }> => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, String(port), new URL(target).port], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    for await (const line of createInterface({ input: child.stdout })) return { child, port: Number(line) }
    throw new Error('the process ended before it listened')
  }
  let running = await start(0)
  const kill = async () => {
    const { child } = running
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  onTestFinished(kill)
  return {
    url: `http://127.0.0.1:${running.port}`,
    kill,
    restart: async () => {
      running = await start(running.port)
    },
  }
}
