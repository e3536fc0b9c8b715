import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import type { Observable } from 'rxjs'
import { firstMismatch, placeIn } from '../../codec/describe-errors.js'
import { cancellable } from '../../control/cancellable.js'
import { ask, jsonOf } from './ask.js'
import { HubError } from './hub-error.js'
import { apiOf, type Repository } from './repository.js'

/** A file of a repository, and how to tell that it came whole. */
export interface RepositoryFile {
  readonly path: string
  /** @units bytes */
  readonly size: number
  /** sha256 of the bytes for what is in large-file storage; git's id of the blob for what is in the repository itself. */
  readonly checksum: { readonly of: 'bytes' | 'blob'; readonly hex: string }
}

/** What a repository holds at one commit: a branch may move while its files are fetched. */
export interface Listing {
  readonly commit: string
  readonly files: readonly RepositoryFile[]
}

const size = t.refinement(t.Int, (n) => n >= 0, 'integer >= 0')
const CommitCodec = t.type({ sha: t.string })
const EntriesCodec = t.array(
  t.intersection([
    t.type({ type: t.string, path: t.string, size, oid: t.string }),
    t.partial({ lfs: t.type({ oid: t.string, size }) }),
  ]),
)
type Entry = t.TypeOf<typeof EntriesCodec>[number]

/** Asks the hub what a repository holds. @errors HubError */
export const listing = (repository: Repository): Observable<Listing> =>
  cancellable(async function* (signal) {
    const revision = `${apiOf(repository)}/revision/${encodeURIComponent(repository.revision)}`
    const { sha } = await decoded(CommitCodec, await ask(repository, revision, signal), signal)
    const entries: Entry[] = []
    let page: string | null = `${apiOf(repository)}/tree/${encodeURIComponent(sha)}?recursive=true`
    while (page !== null) {
      const response: Response = await ask(repository, page, signal)
      entries.push(...(await decoded(EntriesCodec, response, signal)))
      page = nextPage(response)
    }
    yield { commit: sha, files: entries.filter(({ type }) => type === 'file').map(fileOf) }
  })

const fileOf = ({ path, size, oid, lfs }: Entry): RepositoryFile =>
  lfs === undefined
    ? { path, size, checksum: { of: 'blob', hex: oid } }
    : { path, size: lfs.size, checksum: { of: 'bytes', hex: lfs.oid } }

const decoded = async <A>(codec: t.Decoder<unknown, A>, response: Response, signal: AbortSignal): Promise<A> =>
  pipe(
    codec.decode(await jsonOf(response, signal)),
    E.getOrElseW((errors): never => {
      const { path, found, expected } = firstMismatch(errors)
      throw new HubError('unusable', placeIn(response.url, path), found, expected)
    }),
  )

/** A long list comes in pages, and every page but the last names the next. */
const nextPage = ({ headers, url }: Response): string | null => {
  const link = /<([^>]+)>;\s*rel="?next"?/.exec(headers.get('link') ?? '')?.[1]
  return link === undefined ? null : new URL(link, url).href
}
