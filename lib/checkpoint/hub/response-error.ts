import type { Headers, Response } from 'undici'
import { HubError } from './hub-error.js'
import { pageOf, type Repository } from './repository.js'

/** Converts a response that is not a success to an error with a remedy. */
export const toHubError = (repository: Repository, { status, headers }: Response): HubError => {
  const code = headers.get('x-error-code')
  if (status === 429 || status === 408 || status >= 500) return busyError(repository, status, headers)
  if (code === 'GatedRepo') return gatedError(repository)
  // Without a token the hub answers 401 for a repository that does not exist, so that private names stay secret.
  if (status === 404 || code === 'RepoNotFound') return missingError(repository, status, code)
  if (status === 401 || status === 403) return deniedError(repository, status)
  return new HubError('unusable', pageOf(repository), `the HTTP status ${status}`, 'a status of the Hugging Face API')
}

const busyError = ({ hub }: Repository, status: number, headers: Headers): HubError => {
  const wait = requestedWait(headers)
  const found = status === 429 ? 'too many requests (429)' : `a server error (${status})`
  return new HubError('busy', hub.endpoint, found, 'a hub that accepts requests; run it again later', { wait })
}

const gatedError = (repository: Repository): HubError => {
  const { name, hub } = repository
  const accepted = `its licence accepted at ${pageOf(repository)}`
  return hub.token === null
    ? new HubError('denied', name, 'a gated model', `${accepted}, and HF_TOKEN set to a token of that account`)
    : new HubError('denied', name, 'a gated model', `${accepted} by the account whose token is in HF_TOKEN`)
}

const missingError = ({ hub, name, revision }: Repository, status: number, code: string | null): HubError => {
  if (code === 'RevisionNotFound')
    return new HubError('missing', name, `no revision "${revision}" (${status})`, 'a branch, a tag or a commit of it')
  if (code === 'EntryNotFound')
    return new HubError(
      'missing',
      name,
      `a listed file that does not exist (${status})`,
      'the files that the repository lists',
    )
  const known = hub.token === null ? ' (a private one needs HF_TOKEN)' : ' that the account of HF_TOKEN may read'
  return new HubError('missing', name, `no such model at ${hub.endpoint} (${status})`, `the name of one${known}`)
}

const deniedError = (repository: Repository, status: number): HubError => {
  const { hub, name } = repository
  const remedy = `If the model requires it, accept its licence at ${pageOf(repository)}`
  return hub.token === null
    ? new HubError('denied', name, `access denied without a token (${status})`, `HF_TOKEN set to a token. ${remedy}`)
    : new HubError(
        'denied',
        name,
        `access denied to the token (${status})`,
        `HF_TOKEN of an account with access. ${remedy}`,
      )
}

/** Returns the wait of `Retry-After`, or the seconds left in the window of the hub's own `RateLimit` header. @units seconds */
const requestedWait = (headers: Headers): number | null => {
  const after = headers.get('retry-after')
  if (after === null) return toNumber(/;\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1])
  if (/^\d+$/.test(after)) return toNumber(after)
  // A date is relative to the server's clock, which may differ from this machine's.
  const seconds = (Date.parse(after) - Date.parse(headers.get('date') ?? '')) / 1000
  return Number.isNaN(seconds) ? null : Math.max(0, seconds)
}

const toNumber = (digits: string | undefined): number | null => (digits === undefined ? null : Number(digits))
