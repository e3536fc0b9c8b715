import { posix } from 'node:path'
import MiniSearch from 'minisearch'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Documentation, documentation } from '../../playground/build/documentation.js'
import { readEntryPoints } from '../../playground/build/reference/entry-points.js'
import { exportsOf, programOf } from '../../playground/build/reference/program.js'
import { searchOptions } from '../../playground/search-options.js'

describe('the documentation as pages', () => {
  let built: Documentation
  beforeAll(async () => {
    built = await documentation('.')
  }, 300_000)

  const htmlOf = (address: string) => String(built.files.get(address))
  /** Addresses as they stand in a page, resolved from the address of the page. */
  const targetsOf = (address: string): readonly string[] =>
    [...htmlOf(address).matchAll(/(?:href|src|srcset|action)="([^"]*)"/g)]
      .map(([, target]) => target!)
      .filter((target) => !/^(https?|data):/.test(target))
      .map((target) => (target.startsWith('#') ? address + target : posix.join(posix.dirname(address), target)))

  test('every link and picture of every page leads to a file, and to a heading of it where one is named', () => {
    const pages = [...built.files.keys()].filter((address) => address.endsWith('.html'))
    expect(pages.length).toBeGreaterThan(8)
    const ids = new Map(
      pages.map((page) => [page, new Set([...htmlOf(page).matchAll(/ id="([^"]*)"/g)].map(([, id]) => id))]),
    )
    const lost = pages.flatMap((from) =>
      targetsOf(from)
        .filter((target) => {
          const [address, id] = target.split('#') as [string, string?]
          if (['index.html', 'search.html', 'style.css'].includes(address)) return false
          return !built.files.has(address) || (id !== undefined && ids.get(address)?.has(id) !== true)
        })
        .map((target) => `${from}: ${target}`),
    )
    expect(lost).toEqual([])
  })

  test('pages are led to from each other, and say where one is', () => {
    expect(built.pages).toContain('<a href="docs/engines.html">')
    expect(built.navigationOf('search.html')).toContain('<a href="docs/engines.html">')
    expect(htmlOf('docs/engines.html')).toContain('<a href="../README.html">Guide</a>')
    expect(htmlOf('docs/engines.html')).toContain('<a href="engines.html" aria-current="page">')
  })

  test('headings have the ids that GitHub gives them', () => {
    expect(htmlOf('docs/engines.html')).toContain('<h2 id="in-a-browser">')
  })

  test('a folder is a page of what is in it', () => {
    expect(htmlOf('examples/index.html')).toContain('<a href="pipeline.ts.html">pipeline.ts</a>')
  })

  test('code is shown as it is written', () => {
    expect(textOf(htmlOf('examples/pipeline.ts.html'))).toContain('({ step, entropy, drift }) =&gt;')
  })

  test('code has colours by class', () => {
    expect(htmlOf('examples/pipeline.ts.html')).toContain('<span class="token-keyword">import</span>')
    expect(htmlOf('examples/pipeline.ts.html')).not.toContain('style=')
  })

  test('no page may run a script', () => {
    const running = [...built.files.keys()].filter(
      (address) => address.endsWith('.html') && !htmlOf(address).includes("default-src 'none'; style-src 'self'"),
    )
    expect(running).toEqual([])
    expect(htmlOf('README.html')).not.toContain('<script')
  })

  describe('the API reference', () => {
    test('has a page for each entry point of package.json, with an anchor for each public name', async () => {
      const entries = await readEntryPoints('.')
      expect(entries.map(({ name }) => name)).toContain('entrain/testing')
      const program = programOf(process.cwd(), entries)
      for (const { name, file } of entries) {
        const address = `api/${name.split('/').at(-1)!}.html`
        const module = program.getSourceFile(`${process.cwd()}/${file}`)!
        const missing = exportsOf(program, module).filter((each) => !htmlOf(address).includes(`<h3 id="${each}">`))
        expect({ [name]: missing }).toEqual({ [name]: [] })
        expect(htmlOf('api/index.html')).toContain(`<a href="${posix.basename(address)}">${name}</a>`)
      }
    })

    test('shows no tag as text', () => {
      expect(allReference()).not.toMatch(/<p>@\w+/)
    })

    test('every name has its declaration', () => {
      const bare = pagesOfReference().flatMap((address) => [
        ...htmlOf(address).matchAll(/<h3 id="([^"]*)">.*<small>(?!namespace).*<\/h3>\n(?!<pre)/g),
      ])
      expect(bare.map(([, id]) => id)).toEqual([])
    })

    test('an operator has its marble diagram as code, its errors, its file and the programs that use it', () => {
      const [, part = ''] = allReference().split('<h3 id="rejectionFilter">')
      const [description = ''] = part.split('<h3')
      expect(textOf(description)).toContain('const rejectionFilter: &lt;M extends Memory&gt;(')
      expect(description).toMatch(/<pre tabindex="0"><code>batches +-a-----b/)
      expect(description).toMatch(/<dt>Errors<\/dt><dd>PipelineError/)
      expect(description).toContain('<a href="../operators/rejection-filter.ts.html">')
      expect(description).toContain('<a href="../examples/pipeline.ts.html">')
    })

    test('types in a declaration lead to their reference', () => {
      expect(allReference()).toMatch(/<a href="[a-z.]*#Schedule">Schedule<\/a>/)
    })
  })

  describe('search', () => {
    const found = (query: string) =>
      MiniSearch.loadJSON(htmlOf('search-index.json'), searchOptions)
        .search(query)
        .map(({ id }) => String(id))

    test.each([
      ['a whole name', 'rejectionFilter', /^api\/.*#rejectionFilter$/],
      ['a function of a pipeline', 'trainingPipeline', /^api\/.*#trainingPipeline$/],
      ['the words of a name', 'rejection filter', /^api\/.*#rejectionFilter$/],
      ['the beginning of a name', 'rejectionFil', /^api\/.*#rejectionFilter$/],
      ['a name that lacks a letter', 'rejectonFilter', /^api\/.*#rejectionFilter$/],
      ['a guide', 'engines', /^docs\/engines\.html#/],
    ])('finds %s', (_, query, address) => {
      expect(found(query).slice(0, 3)).toContainEqual(expect.stringMatching(address))
    })

    test('every result leads to an id of a page', () => {
      const { documentIds } = JSON.parse(htmlOf('search-index.json')) as { documentIds: Record<string, string> }
      const lost = Object.values(documentIds).filter((target) => {
        const [address, id] = target.split('#') as [string, string]
        return !htmlOf(address).includes(` id="${id}"`)
      })
      expect(lost).toEqual([])
    })
  })

  const pagesOfReference = () => [...built.files.keys()].filter((address) => /^api\/(?!index)/.test(address))
  const allReference = () => pagesOfReference().map(htmlOf).join('\n')
})

const textOf = (html: string): string => html.replace(/<[^>]*>/g, '')
