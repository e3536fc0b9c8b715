import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { posix } from 'node:path'
import { promisify } from 'node:util'
import { marked, type Token } from 'marked'
import { expect, test } from 'vitest'

/** Returns the targets of a token: of a link, of a picture, or of the attributes of an HTML element. */
const targetsIn = (token: Token): readonly string[] => {
  if (token.type === 'link' || token.type === 'image') return [String((token as { href?: unknown }).href)]
  if (token.type !== 'html') return []
  return [...token.raw.matchAll(/\b(?:href|src|srcset)="([^"\s]+)/g)].map(([, target]) => target!)
}

/** Returns the targets of all links and pictures of a Markdown page. Code blocks are not searched. */
const targetsOf = (markdown: string): readonly string[] => {
  const targets: string[] = []
  void marked.walkTokens(marked.lexer(markdown), (token) => {
    targets.push(...targetsIn(token))
  })
  return targets
}

const isRelative = (target: string): boolean => !/^(https?:|mailto:|#)/.test(target)

/** The path in the repository that a relative target names, without its fragment. */
const pathOf = (page: string, target: string): string =>
  posix.join(posix.dirname(page), target.replace(/#.*$/, '')).replace(/\/$/, '')

const { stdout } = await promisify(execFile)('git', ['ls-files'])
const files = stdout.trim().split('\n')
const isInRepository = (path: string): boolean => files.some((file) => file === path || file.startsWith(`${path}/`))
const pages = files.filter((file) => file.endsWith('.md'))

test.each(pages)('%s: every relative link and picture is a file of the repository', async (page) => {
  const relative = targetsOf(await readFile(page, 'utf8')).filter(isRelative)
  expect(relative.filter((target) => !isInRepository(pathOf(page, target)))).toEqual([])
})

test('package.json names the repository, because the package page resolves relative links against it', async () => {
  const { repository, homepage, bugs } = JSON.parse(await readFile('package.json', 'utf8')) as {
    repository: { url: string }
    homepage: string
    bugs: { url: string }
  }
  expect(repository.url).toMatch(/^git\+https:\/\/github\.com\/[\w-]+\/[\w-]+\.git$/)
  const address = repository.url.slice('git+'.length, -'.git'.length)
  expect(homepage).toBe(`${address}#readme`)
  expect(bugs.url).toBe(`${address}/issues`)
})
