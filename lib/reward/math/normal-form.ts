/**
 * Rewrites an answer to one spelling of signs, fractions, roots, spaces, brackets and letters, which LaTeX, Unicode and
 * plain text write in many ways. Words in `\text` stay if they are the whole answer or join its parts, and are removed
 * if they are units.
 *
 *     \left(\dfrac12,\,−3\right)   ->   (\frac{1}{2}, -3)
 */
export const normalForm = (text: string): string => {
  const whole = wholeText.exec(text.trim())?.[1]
  const rewritten = spellings.reduce((read, [found, written]) => read.replace(found, written), whole ?? text)
  return rewritten.replace(/\s+/g, ' ').trim()
}

/** Pattern of a text that is one word or phrase in LaTeX, such as `\text{Tuesday}`. */
const wholeText =
  /^\$?\\(?:text|mathrm|textbf|mathbf|textit|mbox|textrm|texttt|textsf|mathsf|emph)\s*\{([^{}]*)\}\.?\$?$/

const texts = String.raw`\\(?:text|mathrm|textbf|textit|mbox|textrm|textnormal|textsf|hbox|emph)\s*`
const faces = String.raw`\\(?:mathbf|boldsymbol|bm|mathit|mathrm|mathsf|vec|operatorname)\s*`

const spellings: readonly (readonly [RegExp, string])[] = [
  // Unicode
  [/[−–—]/g, '-'],
  [/×/g, '\\times '],
  [/[·⋅]/g, '\\cdot '],
  [/÷/g, '/'],
  [/π/g, '\\pi '],
  [/∞/g, '\\infty '],
  [/≤/g, '\\le '],
  [/≥/g, '\\ge '],
  [/≠/g, '\\ne '],
  [/±/g, '\\pm '],
  [/∪/g, '\\cup '],
  [/∩/g, '\\cap '],
  [/∅/g, '\\emptyset '],
  [/∈/g, '\\in '],
  [/ℝ/g, '\\mathbb{R}'],
  [/≈/g, '\\approx '],
  [/°/g, '^{\\circ}'],
  [/²/g, '^{2}'],
  [/³/g, '^{3}'],
  [/(\d)½/g, '$1\\frac{1}{2}'],
  [/½/g, '\\frac{1}{2}'],
  [/¼/g, '\\frac{1}{4}'],
  [/¾/g, '\\frac{3}{4}'],
  [/√\s*\(([^()]*)\)/g, '\\sqrt{$1}'],
  [/√\s*(\d+|[a-zA-Z])/g, '\\sqrt{$1}'],
  [/[“”„"`]/g, ''],
  // Typesetting without meaning, and the notes of calculations in GSM8K
  [/<<[^<>]*>>/g, ''],
  [/^\s*\*\*|\*\*[\s.]*$/g, ''],
  [/\\[()[\]]/g, ' '],
  [/\\?\$|[£€¥]/g, ''],
  [/\\!/g, ''],
  [/(\d)(?:\\,|\{,\}|\\ |,\\ )(?=\d{3}(?!\d))/g, '$1'],
  [/(?<!\\)\\(?:[,;:> ]|quad|qquad|displaystyle|textstyle|limits|allowbreak)(?![a-zA-Z])|~/g, ' '],
  [/\\[hv]space\*?\{[^{}]*\}/g, ' '],
  [/\\(?:left|right|bigg?|Bigg?)[lr]?(?=[\s([{|)\]}\\.<>])\.?/g, ''],
  [/\\lbrack/g, '['],
  [/\\rbrack/g, ']'],
  [/\\[lr]?vert(?![a-zA-Z])|\\\|/g, '|'],
  [/\\(?:lbrace)(?![a-zA-Z])/g, '\\{'],
  [/\\(?:rbrace)(?![a-zA-Z])/g, '\\}'],
  // Fractions and roots
  [/\\[dtc]frac/g, '\\frac'],
  [/\\frac\s*([\da-zA-Z])\s*([\da-zA-Z])/g, '\\frac{$1}{$2}'],
  [/\\frac\s*([\da-zA-Z])\s*\{/g, '\\frac{$1}{'],
  [/\\frac\s*(\{[^{}]*\})\s*([\da-zA-Z])/g, '\\frac$1{$2}'],
  [/\\[dt]binom/g, '\\binom'],
  [/\\binom\s*(\d)\s*(\d)/g, '\\binom{$1}{$2}'],
  [/\\sqrt\s*([\da-zA-Z])/g, '\\sqrt{$1}'],
  [/\\sqrt\s*\(([^()]*)\)/g, '\\sqrt{$1}'],
  [/(?<![\\a-zA-Z])sqrt\s*\(([^()]*)\)/g, '\\sqrt{$1}'],
  // Plain text
  [/\*\*/g, '^'],
  [/\*/g, '\\cdot '],
  [/\^\s*(-\d+|\d{2,})/g, '^{$1}'],
  [/<=/g, '\\le '],
  [/>=/g, '\\ge '],
  [/!=/g, '\\ne '],
  [/(?<![\\a-zA-Z])(pi|sin|cos|tan|cot|sec|csc|ln|log|exp|arcsin|arccos|arctan)(?![a-zA-Z])/g, '\\$1 '],
  [/(?<![\\a-zA-Z])(?:infinity|inf|oo)(?![a-zA-Z])/g, '\\infty '],
  // Signs with several names
  [/\\(?:leq|leqslant)(?![a-zA-Z])/g, '\\le '],
  [/\\(?:geq|geqslant)(?![a-zA-Z])/g, '\\ge '],
  [/\\neq(?![a-zA-Z])/g, '\\ne '],
  [/\\lt(?![a-zA-Z])/g, '<'],
  [/\\gt(?![a-zA-Z])/g, '>'],
  [/\\varnothing(?![a-zA-Z])/g, '\\emptyset '],
  [/\\degree(?![a-zA-Z])/g, '^{\\circ}'],
  [/\^\s*\\circ(?![a-zA-Z])/g, '^{\\circ}'],
  [/\\mathbb\s*R(?![a-zA-Z])/g, '\\mathbb{R}'],
  [/\\(?:Reals|R)(?![a-zA-Z])/g, '\\mathbb{R}'],
  [/\\%|\\?percent(?:age points?)?(?![a-zA-Z])/g, '%'],
  [new RegExp(`${texts}\\{\\s*(?:percent)\\s*\\}`, 'g'), '%'],
  // Words: "or" and "and" become commas, single letters and text with digits stay, other words are units
  [new RegExp(`${texts}\\{\\s*,?\\s*(?:or|and)\\s*\\}`, 'g'), ' , '],
  [/(\d\s*)\\mathrm\s*\{(?!\s*[ei]\s*\})[^{}]*\}(?:\s*\^\s*(?:\{\s*-?\d\s*\}|\d))?/g, '$1 '],
  [new RegExp(`${faces}\\{\\s*([a-zA-Z])\\s*\\}`, 'g'), '$1'],
  [new RegExp(`${texts}\\{([^{}]*\\d[^{}]*)\\}`, 'g'), '$1'],
  [new RegExp(`${texts}\\{[^{}]*\\}(?:\\s*\\^\\s*(?:\\{\\s*-?\\d\\s*\\}|\\d))?`, 'g'), ' '],
  [/,?\s+(?:or|and)\s+/g, ' , '],
  [/^\s*(?:\\approx|\\sim|\\therefore|approximately|about|exactly)(?![a-zA-Z])/, ''],
  [/[.,;:]+\s*$/, ''],
]
