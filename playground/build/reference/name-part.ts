import { colouredCode } from '../code.js'
import { docstringHtml, phraseHtml } from '../markdown.js'
import { relative } from '../page.js'
import { addressOf } from '../repository-page.js'
import { anchorOf } from './addresses.js'
import { type LinkOf, markdownOf, type Tag, tagsOf } from './comment.js'
import type { PublicName } from './public-names.js'

/** The page that a name is described on. */
export interface NameContext {
  readonly address: string
  readonly linkOf: LinkOf
  /** Paths of the example programs that use a name. */
  readonly examplesOf: (name: string) => readonly string[]
}

/** Writes the reference of a public name: declaration, description, facts, examples and file. */
export const namePart = (public_: PublicName, context: NameContext, namespace?: string): string => {
  const { name, kind, declaration, comment, members } = public_
  const anchor = anchorOf(public_, namespace)
  const tags = tagsOf(comment, context.linkOf)
  return [
    `<h3 id="${anchor}"><a href="#${anchor}">${anchor}</a> <small>${kind}</small></h3>`,
    declaration === '' ? '' : `<pre tabindex="0"><code>${linkedCode(declaration, name, context.linkOf)}</code></pre>`,
    docstringHtml(markdownOf(comment?.summary ?? [], context.linkOf)),
    facts(tags.filter(({ tag }) => tag !== 'example')),
    ...tags.filter(({ tag }) => tag === 'example').map(({ text }) => `<h4>Example</h4>${docstringHtml(text)}`),
    origin(public_, context),
    ...members.map((member) => namePart(member, context, name)),
  ].join('\n')
}

const facts = (tags: readonly Tag[]): string =>
  tags.length === 0
    ? ''
    : `<dl>${tags.map(({ tag, text }) => `<dt>${titled(tag)}</dt><dd>${phraseHtml(text)}</dd>`).join('')}</dl>`

const titled = (word: string): string => word[0]!.toUpperCase() + word.slice(1)

const origin = ({ name, file }: PublicName, { address, examplesOf }: NameContext): string => {
  const link = (path: string) => `<a href="${relative(address, addressOf(path))}">${path}</a>`
  const examples = examplesOf(name).map(link)
  return `<p class="origin">Declared in ${link(file)}${examples.length === 0 ? '' : `. Used in ${examples.join(', ')}`}</p>`
}

/** Colours a declaration and links the types in it; only types begin with a capital letter. */
const linkedCode = (declaration: string, own: string, linkOf: LinkOf): string =>
  colouredCode(declaration, 'ts').replace(/<[^>]*>|&\w+;|\b[A-Z]\w+/g, (text) => {
    const address = text === own || /^[<&]/.test(text) ? undefined : linkOf(text)
    return address === undefined ? text : `<a href="${address}">${text}</a>`
  })
