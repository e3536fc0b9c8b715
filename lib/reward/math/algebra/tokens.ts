/** Token of an expression in LaTeX. A name is a letter with its index, accents and primes. */
export interface Token {
  readonly kind: 'number' | 'name' | 'command' | 'sign'
  readonly text: string
}

const accents = 'hat|bar|overline|tilde|vec|dot|mathcal|mathbb|mathscr|mathfrak'
const greek =
  'alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|vartheta|iota|kappa|lambda|mu|nu|xi|omicron|rho|sigma|tau|' +
  'upsilon|phi|varphi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|Phi|Psi|Omega|pi|infty|ell|hbar'
const index = String.raw`(?: ?_ ?(?:\{ ?"?\\?\w+"? ?\}|\\?[a-zA-Z]+|\d))?`
const letter = String.raw`(?:[a-zA-Z]|\\(?:${greek})(?![a-zA-Z]))`

const forms: readonly (readonly [Token['kind'], RegExp])[] = [
  ['number', /(?:\d+(?:\.\d*)?|\.\d+)(?: ?\\overline ?\{ ?\d+ ?\})?/y],
  ['name', new RegExp(String.raw`(?:\\(?:${accents}) ?\{ ?${letter} ?\}|${letter})${index}'*`, 'y')],
  ['command', /\\[a-zA-Z]+|\\[{}|]/y],
  ['sign', /[-+*/^_!()[\]{}|,%]/y],
]

/** Splits an expression in normal form into tokens; null if it contains anything else. */
export const tokensOf = (latex: string): readonly Token[] | null => {
  const tokens: Token[] = []
  for (let at = 0; at < latex.length;) {
    if (latex[at] === ' ') {
      at++
      continue
    }
    const token = tokenAt(latex, at)
    if (token === null) return null
    tokens.push({ ...token, text: token.kind === 'name' ? nameOf(token.text) : token.text })
    at += token.text.length
  }
  return tokens
}

const tokenAt = (latex: string, at: number): Token | null => {
  for (const [kind, form] of forms) {
    form.lastIndex = at
    const text = form.exec(latex)?.[0]
    if (text !== undefined) return { kind, text }
  }
  return null
}

/** Spells a name in one way: `a_{1}` and `a_1` are the same. */
const nameOf = (text: string): string => text.replace(/[ "]/g, '').replace(/_\{(\\?\w+)\}/, '_$1')
