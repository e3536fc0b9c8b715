import { posix } from 'node:path'
import { escaped } from './code.js'

/** A page that others link to. */
export interface Place {
  /** Text of a link in the navigation: one or two words. */
  readonly name: string
  readonly title: string
  /** Path from the root of the site. */
  readonly address: string
}

export interface PageContent {
  readonly title: string
  readonly address: string
  readonly html: string
}

/** Writes a page of the documentation. It runs no script. */
export const page = ({ title, address, html }: PageContent, places: readonly Place[]): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self'; img-src 'self' data:">
<title>${escaped(title)} · entrain</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${relative(address, 'style.css')}">
</head>
<body>
${navigation(places, address)}
<main class="prose">
${html}
</main>
</body>
</html>
`

/** Links to places and the search form, for the page at an address. */
export const navigation = (places: readonly Place[], from: string): string =>
  `<nav>${places.map((to) => linkTo(to, from, to.name)).join('\n')}
<form role="search" action="${relative(from, 'search.html')}">
<input type="search" name="q" placeholder="Search" aria-label="Search the documentation" autocomplete="off">
</form></nav>`

export const linkTo = ({ address }: Pick<Place, 'address'>, from: string, words: string): string =>
  `<a href="${relative(from, address)}"${address === from ? ' aria-current="page"' : ''}>${escaped(words)}</a>`

/** The address of a page as a link from another page. */
export const relative = (from: string, to: string): string => posix.relative(posix.dirname(from), to)
