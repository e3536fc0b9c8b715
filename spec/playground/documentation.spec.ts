import { posix } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Documentation, documentation } from '../../playground/build/documentation.js'

describe('the documentation as pages', () => {
  let built: Documentation
  beforeAll(async () => {
    built = await documentation('.')
  })

  const htmlOf = (address: string) => String(built.files.get(address))
  /** Addresses as they stand in a page, resolved against where it lies. */
  const targetsOf = (address: string): readonly string[] =>
    [...htmlOf(address).matchAll(/(?:href|src)="([^"]*)"/g)]
      .map(([, target]) => target!)
      .filter((target) => !/^(https?|data):/.test(target))
      .map((target) => (target.startsWith('#') ? address + target : posix.join(posix.dirname(address), target)))

  test('every link and picture of every page leads to a file, and to a heading of it where one is named', () => {
    const pages = [...built.files.keys()].filter((address) => address.endsWith('.html'))
    expect(pages.length).toBeGreaterThan(8)
    const lost = pages.flatMap((from) =>
      targetsOf(from)
        .filter((target) => {
          const [address, id] = target.split('#') as [string, string?]
          if (address === 'index.html' || address === 'style.css') return false
          return !built.files.has(address) || (id !== undefined && !htmlOf(address).includes(` id="${id}"`))
        })
        .map((target) => `${from}: ${target}`),
    )
    expect(lost).toEqual([])
  })

  test('pages are led to from each other, and say where one is', () => {
    expect(built.pages).toContain('<a href="docs/engines.html">')
    expect(htmlOf('docs/engines.html')).toContain('<a href="../README.html">Guide</a>')
    expect(htmlOf('docs/engines.html')).toContain('<a href="engines.html" aria-current="page">')
  })

  test('headings have the ids that GitHub gives them', () => {
    expect(htmlOf('README.html')).toContain('<h3 id="in-a-browser">')
  })

  test('a folder is a page of what is in it', () => {
    expect(htmlOf('examples/index.html')).toContain('<a href="pipeline.ts.html">pipeline.ts</a>')
  })

  test('code is shown as it is written', () => {
    expect(htmlOf('examples/pipeline.ts.html')).toContain('({ batch, entropy, drift }) =&gt;')
  })

  test('no page may run a script', () => {
    const running = [...built.files.keys()].filter(
      (address) => address.endsWith('.html') && !htmlOf(address).includes("default-src 'none'; style-src 'self'"),
    )
    expect(running).toEqual([])
    expect(htmlOf('README.html')).not.toContain('<script')
  })
})
