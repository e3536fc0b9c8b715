import { functionWords } from './algebra/functions.js'

/**
 * Rewrites an answer to one spelling of signs, fractions, roots, spaces, brackets and letters, which LaTeX, Unicode and
 * plain text write in many ways. Words in text mode become words in quotation marks.
 *
 *     \left(\dfrac12,\,−3\right)   ->   (\frac{1}{2}, -3)
 *     5\text{ cm}^2                ->   5 "cm" ^2
 */
export const normalForm = (text: string): string => {
  const typeset = rewrite(text.slice(0, LONGEST).replace(/\s+/g, ' '), [...unicode, ...typesetting])
  const quoted = rewrite(typeset, quotations)
  const outside = quoted
    .split(/("[^"]*")/)
    .map((piece, i) => (i % 2 === 1 ? piece : rewrite(piece, plain)))
    .join('')
  return rewrite(outside, joined).replace(/\s+/g, ' ').trim()
}

/** Length of the longest text that is rewritten. @units characters */
const LONGEST = 2000

type Spelling = readonly [found: RegExp, written: string | ((match: string, ...groups: string[]) => string)]

const rewrite = (text: string, spellings: readonly Spelling[]): string =>
  spellings.reduce(
    (read, [found, written]) =>
      typeof written === 'string' ? read.replace(found, written) : read.replace(found, written),
    text,
  )

/** Signs of money in front of an amount, as in `$5`. A dollar sign that is no delimiter of TeX becomes this one. */
export const DOLLAR = '＄'

const unicode: readonly Spelling[] = [
  [/[\u00a0\u2000-\u200a\u202f\u205f]/g, ' '],
  [/[\u200b\u2060\ufeff]/g, ''],
  [/[−–—‐‑]/g, '-'],
  [/×/g, '\\times '],
  [/[·⋅]/g, '\\cdot '],
  [/÷/g, '/'],
  [/π/g, '\\pi '],
  [/∞/g, '\\infty '],
  [/[≤⩽]/g, '\\le '],
  [/[≥⩾]/g, '\\ge '],
  [/≠/g, '\\ne '],
  [/±/g, '\\pm '],
  [/∪/g, '\\cup '],
  [/∩/g, '\\cap '],
  [/∅/g, '\\emptyset '],
  [/∈/g, '\\in '],
  [/ℝ/g, '\\mathbb{R}'],
  [/≈/g, '\\approx '],
  [/[°º˚]/g, '^{\\circ}'],
  [/²/g, '^{2}'],
  [/³/g, '^{3}'],
  [/⁻¹/g, '^{-1}'],
  [/½/g, '\\frac{1}{2}'],
  [/⅓/g, '\\frac{1}{3}'],
  [/⅔/g, '\\frac{2}{3}'],
  [/¼/g, '\\frac{1}{4}'],
  [/¾/g, '\\frac{3}{4}'],
  [/√\s*\(([^()]*)\)/g, '\\sqrt{$1}'],
  [/√\s*(\d+|[a-zA-Z])/g, '\\sqrt{$1}'],
  [/α/g, '\\alpha '],
  [/β/g, '\\beta '],
  [/θ/g, '\\theta '],
  [/λ/g, '\\lambda '],
  [/φ/g, '\\phi '],
  [/[“”„"`]/g, ''],
]

/** Typesetting without meaning, and the notes of calculations in GSM8K. */
const typesetting: readonly Spelling[] = [
  [/<<[^<>]*>>/g, ''],
  [/^\s*\*\*|\*\*[\s.]*$/g, ''],
  [/\\\\(?=[$%&])/g, '\\'],
  [/(?<!\\)\\[()[\]](?!\])/g, ' '],
  [/\\\$/g, DOLLAR],
  [/^([^$]*)\$(?=\s?[\d.])([^$]*)$/, `$1${DOLLAR}$2`],
  [/\$/g, ''],
  [/¢/g, ' \\text{cents}'],
  [/\\!\s*/g, ''],
  [/(\d)(?:\\,|\{,\}|\\ |,\\ |['’])(?=\d{3}(?!\d))/g, '$1'],
  [/\\(?:text)?color\s*(?:\[[^\]]*\]\s*)?\{[^{}]*\}|\\color\s+[a-z]+/g, ' '],
  [/\\tag\*?\s*\{[^{}]*\}|\\label\s*\{[^{}]*\}/g, ' '],
  [/\\(?:bf|rm|it|sf|tt|cal|bfseries|itshape|tiny|small|normalsize|large|Large|LARGE|huge|Huge)(?![a-zA-Z])/g, ' '],
  [/\\(?:mathbf|boldsymbol|bm|pmb|bold|mathit|mathsf|mathtt|mathnormal|vec|underline|boxed|fbox)(?![a-zA-Z])/g, ' '],
  [/(?<!\\)\\[,;:> ]|~/g, ' '],
  [/\\(?:quad|qquad|displaystyle|textstyle|scriptstyle|limits|nolimits|allowbreak|thinspace)(?![a-zA-Z])/g, ' '],
  [/\\[hv]space\*?\{[^{}]*\}|\\(?:hfill|hskip|noindent|centering)(?![a-zA-Z])/g, ' '],
  [/\\(?:left|right|middle|[bB]igg?)[lrm]?(?=[\s([{|)\]}\\.<>])\.?/g, ''],
  [/\\lbrack(?![a-zA-Z])/g, '['],
  [/\\rbrack(?![a-zA-Z])/g, ']'],
  [/\\[lr]?vert(?![a-zA-Z])|\\\|/g, '|'],
  [/\\lbrace(?![a-zA-Z])/g, '\\{'],
  [/\\rbrace(?![a-zA-Z])/g, '\\}'],
  [/\\(?:leq|leqslant|leqq)(?![a-zA-Z])/g, '\\le '],
  [/\\(?:geq|geqslant|geqq)(?![a-zA-Z])/g, '\\ge '],
  [/\\neq(?![a-zA-Z])/g, '\\ne '],
  [/\\lt(?![a-zA-Z])/g, '<'],
  [/\\gt(?![a-zA-Z])/g, '>'],
  [/\\(?:land|wedge)(?![a-zA-Z])|\\(?:lor|vee)(?![a-zA-Z])/g, ' , '],
  [/\\varnothing(?![a-zA-Z])/g, '\\emptyset '],
  [/\\degree(?![a-zA-Z])/g, '^{\\circ}'],
  [/\^\s*\\circ(?![a-zA-Z])/g, '^{\\circ}'],
  [/\\mathbb\s*(?:R(?![a-zA-Z])|\{\s*R\s*\})|\\(?:Reals|R)(?![a-zA-Z])/g, '\\mathbb{R}'],
  [/\(?\s*(?:\\pmod|\\bmod|\\text\s*\{\s*mod\s*\})\s*\{?\s*(\w+)\s*\}?\s*\)?/g, ' \\pmod{$1}'],
  [/\\%|\\percent(?![a-zA-Z])/g, '%'],
]

const textCommands = 'text|textbf|textit|mbox|textrm|textnormal|textsf|texttt|textup|textsc|hbox|emph'

/** Returns words of text mode: names of functions become commands, "and" and "or" commas, and numbers stay as they are. */
const quote = (_: string, content: string): string => {
  const words = content.replace(/\s+/g, ' ').trim()
  if (/^,? ?(?:or|and) ?,?$/i.test(words)) return ' , '
  if (/^percent$/i.test(words)) return '%'
  if (functionWords.includes(words) && !/^(?:min|max)$/.test(words)) return `\\${words} `
  const digits = words.replace(/\^ ?(?:\{ ?-?\d ?\}|-?\d)/g, '')
  if (/\d/.test(digits) || !/[a-zA-Z]/.test(words)) return ` ${words} `
  return digits === words ? ` "${words}" ` : ` ${words.replace(/[a-zA-Z]+(?: [a-zA-Z]+)*/g, '"$&"')} `
}

const quotations: readonly Spelling[] = [
  [new RegExp(`\\\\(?:${textCommands})\\s*\\{((?:[^{}]|\\{[^{}]*\\})*)\\}`, 'g'), quote],
  [
    /(?<!\d\s*)\\(?:mathrm|operatorname\*?)\s*\{\s*([a-zA-Z])\s*\}|\\mathrm\s*\{\s*([eid])\s*\}/g,
    (_, a, b) => a || b || '',
  ],
  [/\\(?:mathrm|operatorname\*?)\s*\{((?:[^{}]|\{[^{}]*\})*)\}/g, quote],
  [/\\frac\s*\{\s*("[^"]*"[^{}"]*)\}\s*\{\s*("[^"]*"[^{}"]*)\}/g, '$1/$2'],
  [/(\d)\s*\^?\s*(?:\{\s*)?"?\s*(?:st|nd|rd|th)\s*"?(?:\s*\})?(?![a-zA-Z])/g, '$1 "ordinal"'],
  [/(?<=:\d\d ?|\d )([ap])\.?\s?m\b\.?/gi, ' "$1m"'],
]

const words = 'pi|sin|cos|tan|cot|sec|csc|ln|log|exp|arcsin|arccos|arctan|gcd|lcm|(?:max|min)(?= ?\\()'

/** Spellings of plain text, and fractions and roots of LaTeX, outside of quotation marks. */
const plain: readonly Spelling[] = [
  [/\\[dtc]frac(?![a-zA-Z])/g, '\\frac'],
  [/\\frac\s*([\da-zA-Z])\s*([\da-zA-Z])/g, '\\frac{$1}{$2}'],
  [/\\frac\s*([\da-zA-Z])\s*\{/g, '\\frac{$1}{'],
  [/\\frac\s*(\{[^{}]*\})\s*([\da-zA-Z])/g, '\\frac$1{$2}'],
  [/\\[dt]binom/g, '\\binom'],
  [/\\binom\s*(\w)\s*(\w)/g, '\\binom{$1}{$2}'],
  [/\{([^{}]*)\\choose(?![a-zA-Z])([^{}]*)\}/g, '\\binom{$1}{$2}'],
  [/\\sqrt\s*([\da-zA-Z])/g, '\\sqrt{$1}'],
  [/\\sqrt\s*\(([^()]*)\)/g, '\\sqrt{$1}'],
  [/(?<![\\a-zA-Z])sqrt\s*\(([^()]*)\)/g, '\\sqrt{$1}'],
  [/(?<=\d) [xX] (?=\d)/g, ' \\times '],
  [/\*\*/g, '^'],
  [/\*/g, '\\cdot '],
  [/\^\s*(-\d+|\d{2,})/g, '^{$1}'],
  [/\^\s*\(\s*(-?\d+(?:\/\d+)?)\s*\)/g, '^{$1}'],
  [/<=/g, '\\le '],
  [/>=/g, '\\ge '],
  [/!=/g, '\\ne '],
  [new RegExp(`(?<![\\\\a-zA-Z])(${words})(?![a-zA-Z])`, 'g'), '\\$1 '],
  [/(?<![\\a-zA-Z])(?:infinity|inf|oo)(?![a-zA-Z])/g, '\\infty '],
  [/(?<![\\a-zA-Z])percent(?:age points?)?(?![a-zA-Z])/g, '%'],
  [/(?<![\d.,])\d{1,3}(?:\.\d{3}){2,}(?![\d.])/g, (digits) => digits.replaceAll('.', '')],
  [/,?\s+(?:or|and)\s+/g, ' , '],
]

const joined: readonly Spelling[] = [
  [/^\s*(?:\\approx|\\sim|\\therefore|"?(?:approximately|about|exactly)"?)(?![a-zA-Z])/, ''],
  [/^\s*\]([^[\]]*)\[\s*$/, '($1)'],
  [/^\s*\]([^[\]]*)\]\s*$/, '($1]'],
  [/^\s*\[([^[\]]*)\[\s*$/, '[$1)'],
  [/(?<![.,;:])[.,;:]\s*$/, ''],
]
