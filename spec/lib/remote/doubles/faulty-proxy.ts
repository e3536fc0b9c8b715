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
    const serve = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
      const body = await bytesOf(message)
      const fault = faultOf(number++, body.toString(), message.url ?? '')
      const own = fault === null ? undefined : ownAnswers[fault]
      if (fault === 'cut-before') message.socket.destroy()
      else if (own !== undefined) end(response, own)
      else await pass(fault, () => forwarded(target, message, body), message, response)
    }
    const pass = async (
      fault: Fault | null,
      forward: () => Promise<Answer>,
      message: IncomingMessage,
      response: ServerResponse,
    ): Promise<void> => {
      const answer = await forward()
      if (fault === 'duplicate') await forward()
      if (fault === 'delay') for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
      if (fault === 'reorder') {
        // The answer waits until the next one is ready, or until nothing else comes.
        const next = new Promise<void>((resolve) => held.push(resolve))
        if (held.length > 1) held.shift()!()
        await Promise.race([next, new Promise((resolve) => setTimeout(resolve, 20))])
      }
      if (fault === 'cut-after') message.socket.destroy()
      else if (fault === 'half-body') {
        response.writeHead(answer.status, { 'content-length': answer.body.length })
        response.write(answer.body.subarray(0, answer.body.length / 2), () => response.socket?.destroy())
      } else end(response, answer)
    }
    const { url } = await listening((message, response) => {
      // The client may close its connection at any time.
      serve(message, response).catch(() => message.socket.destroy())
    })
    return { url, requests: () => number }
  }
}

/** Answers that the proxy gives in place of the server. */
const ownAnswers: Readonly<Partial<Record<Fault, Answer>>> = {
  '429': { status: 429, body: Buffer.from('no') },
  '500': { status: 500, body: Buffer.from('no') },
  '503': { status: 503, body: Buffer.from('no') },
  garbage: { status: 200, body: Buffer.from('<html>gateway</html>') },
  'other-json': { status: 200, body: Buffer.from('{"error":"overloaded"}') },
}

const end = (response: ServerResponse, { status, body }: Answer): void => {
  response.writeHead(status, { 'content-length': body.length }).end(body)
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
