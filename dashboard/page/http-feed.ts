import { Observable } from 'rxjs'
import type { Feed, FeedEvent } from '../feed.js'

/** The feed of the server that the page came from. */
export const httpFeed = (origin: string, token: string): Feed => {
  const authorization = `Bearer ${token}`
  return {
    events$: new Observable<FeedEvent>((subscriber) => {
      const source = new EventSource(`${origin}/api/feed?token=${encodeURIComponent(token)}`)
      source.onmessage = ({ data }: MessageEvent<string>) => subscriber.next(JSON.parse(data) as FeedEvent)
      return () => source.close()
    }),
    rollouts: async (run, step) => {
      const response = await fetch(`${origin}/api/runs/${run}/rollouts/${step}`, { headers: { authorization } })
      return response.status === 404 ? null : ((await response.json()) as Awaited<ReturnType<Feed['rollouts']>>)
    },
    command: async (run, command) => {
      const response = await fetch(`${origin}/api/runs/${run}/commands`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(command),
      })
      if (!response.ok) throw new Error(((await response.json()) as { readonly error: string }).error)
    },
  }
}
