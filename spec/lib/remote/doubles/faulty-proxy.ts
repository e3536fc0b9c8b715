import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { localServers } from '../http/local-servers.js'

/**
 * Faults of a proxy: it delays the answer, cuts the connection before or after the server has worked, sends a request twice,
 * reorders answers, and answers itself.
 */
export const faults = [
  'delay',
  'cut-before',
  'cut-after',
  'duplicate',
  'reorder',
  '429',
  '500',
  '503',
  'garbage',
  'other-json',
  'half-body',
] as const

export type Fault = (typeof faults)[number]

interface Answer {
  readonly status: number
  readonly body: Buffer
}

/** Creates proxies in front of a server. `faultOf` names the fault of a request, by its number and its body; null passes it on. */
export const faultyProxies = () => {
  const { listening } = localServers()
  return async (target: string, faultOf: (number: number, body: string, path: string) => Fault | null) => {
    let number = 0
    const held: (() => void)[] = []
    const serve = async (message: IncomingMessage, response: ServerResponse) => {
      const body = await bytesOf(message)
      const fault = faultOf(number++, body.toString(), message.url ?? '')
      const forward = () => forwarded(target, message, body)
      if (fault === 'cut-before') return void message.socket.destroy()
      if (fault === '429' || fault === '500' || fault === '503') return end(response, Number(fault), 'no')
      if (fault === 'garbage') return end(response, 200, '<html>gateway</html>')
      if (fault === 'other-json') return end(response, 200, '{"error":"overloaded"}')
      const answer = await forward()
      if (fault === 'cut-after') return void message.socket.destroy()
      if (fault === 'duplicate') await forward()
      if (fault === 'delay') for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
      if (fault === 'reorder') {
        // The answer waits until the next one is ready, or until nothing else comes.
        const next = new Promise<void>((resolve) => held.push(resolve))
        if (held.length > 1) held.shift()!()
        await Promise.race([next, new Promise((resolve) => setTimeout(resolve, 20))])
      }
      if (fault !== 'half-body') return end(response, answer.status, answer.body)
      response.writeHead(answer.status, { 'content-length': answer.body.length })
      response.write(answer.body.subarray(0, answer.body.length / 2), () => response.socket?.destroy())
    }
    const { url } = await listening((message, response) => {
      // The client may close its connection at any time.
      serve(message, response).catch(() => message.socket.destroy())
    })
    return { url, requests: () => number }
  }
}

const end = (response: ServerResponse, status: number, body: string | Buffer): void => {
  response.writeHead(status, { 'content-length': Buffer.byteLength(body) }).end(body)
}

const bytesOf = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const forwarded = (target: string, { method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(target + (url ?? ''), { method, headers }, (answer) => {
      bytesOf(answer).then((bytes) => resolve({ status: answer.statusCode ?? 0, body: bytes }), reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
