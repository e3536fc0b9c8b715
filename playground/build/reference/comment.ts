import type { Comment, CommentDisplayPart } from 'typedoc'

/** Gives the address of a public name on the page that is written; undefined if the name is not public. */
export type LinkOf = (name: string) => string | undefined

/** Writes a part of a docstring as Markdown, with its links to public names. */
export const markdownOf = (parts: readonly CommentDisplayPart[], linkOf: LinkOf): string =>
  parts
    .map((part) => {
      if (part.kind !== 'inline-tag') return part.text
      const address = linkOf(part.text)
      return address === undefined ? `\`${part.text}\`` : `[\`${part.text}\`](${address})`
    })
    .join('')
    .trim()

/** A tag of a docstring, such as `@shape`, with its text as Markdown. */
export interface Tag {
  readonly tag: string
  readonly text: string
}

export const tagsOf = (comment: Comment | undefined, linkOf: LinkOf): readonly Tag[] =>
  (comment?.blockTags ?? []).map(({ tag, content }) => ({ tag: tag.slice(1), text: markdownOf(content, linkOf) }))
