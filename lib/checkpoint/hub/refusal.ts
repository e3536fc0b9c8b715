import { HubError } from './hub-error.js'
import { pageOf, type Repository } from './repository.js'

/** What an answer that is no success means, and what can be done about it. */
export const refusal = (repository: Repository, { status, headers }: Response): HubError => {
  const code = headers.get('x-error-code')
  if (status === 429 || status === 408 || status >= 500) return busy(repository, status, headers)
  if (code === 'GatedRepo') return gated(repository)
  // Without a token the hub answers 401 rather than say whether there is such a repository.
  if (status === 404 || code === 'RepoNotFound') return missing(repository, status, code)
  if (status === 401 || status === 403) return denied(repository, status)
  return new HubError('unusable', pageOf(repository), `the answer ${status}`, 'one that a hub gives')
}

const busy = ({ hub }: Repository, status: number, headers: Headers): HubError => {
  const wait = secondsAsked(headers)
  const found = status === 429 ? 'too many requests (429)' : `a server in trouble (${status})`
  return new HubError('busy', hub.endpoint, found, 'one that has time; run it again later', { wait })
}

const gated = (repository: Repository): HubError => {
  const { name, hub } = repository
  const accepted = `its licence accepted at ${pageOf(repository)}`
  return hub.token === null
    ? new HubError('denied', name, 'a gated model', `${accepted}, and HF_TOKEN set to a token of that account`)
    : new HubError('denied', name, 'a gated model', `${accepted} by the account whose token is in HF_TOKEN`)
}

const missing = ({ hub, name, revision }: Repository, status: number, code: string | null): HubError => {
  if (code === 'RevisionNotFound')
    return new HubError('missing', name, `no revision "${revision}" (${status})`, 'a branch, a tag or a commit of it')
  if (code === 'EntryNotFound') return new HubError('missing', name, `a file that is gone (${status})`, 'what it lists')
  const known = hub.token === null ? ' (a private one needs HF_TOKEN)' : ' that the account of HF_TOKEN may read'
  return new HubError('missing', name, `no such model at ${hub.endpoint} (${status})`, `the name of one${known}`)
}

const denied = (repository: Repository, status: number): HubError => {
  const { hub, name } = repository
  const remedy = `If it asks for it, accept its licence at ${pageOf(repository)}`
  return hub.token === null
    ? new HubError('denied', name, `nobody let in (${status})`, `HF_TOKEN set to a token. ${remedy}`)
    : new HubError('denied', name, `a token not let in (${status})`, `HF_TOKEN of an account that may. ${remedy}`)
}

/** `Retry-After`, or what the hub's own `RateLimit` says of the seconds left in its window. */
const secondsAsked = (headers: Headers): number | null => {
  const after = headers.get('retry-after')
  if (after === null) return number(/;\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1])
  if (/^\d+$/.test(after)) return number(after)
  // A time of day counts from the time that the server thinks it is.
  const seconds = (Date.parse(after) - Date.parse(headers.get('date') ?? '')) / 1000
  return Number.isNaN(seconds) ? null : Math.max(0, seconds)
}

const number = (digits: string | undefined): number | null => (digits === undefined ? null : Number(digits))
