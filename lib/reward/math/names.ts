import { parsed } from './algebra/parsed.js'
import { variablesOf } from './algebra/expression.js'
import type { Structure } from './structure.js'

const index = String.raw`(?:_(?:\w|\{\w+\}|\{ ?"\w+" ?\}))?`
const forms = [
  // A variable, with or without an index, or a function of variables or numbers
  String.raw`(?:\\[a-zA-Z]+|[a-zA-Z])${index}'*(?: ?\([^()=<>]{1,30}\))?`,
  // A point of variables
  String.raw`\([a-zA-Z]${index}(?: ?, ?[a-zA-Z]${index})+\)`,
  // A segment, an angle or an area
  String.raw`(?:m ?)?(?:\\(?:angle|triangle|overline) ?)?\{?[A-Z]{1,4}\}?`,
  String.raw`\|[A-Z]{2}\||\[[A-Z]{3,6}\]`,
  // Words
  String.raw`"[^"]*"(?: ?"[^"]*")*`,
]
const name = new RegExp(`^(?:${forms.join('|')})$`)

/** Returns whether a text names a quantity: a variable, a function of it, a point of variables, a segment or words. */
export const isName = (text: string): boolean => {
  const bare = text.trim()
  return name.test(bare) && !/^\\(?:pi|infty|frac|sqrt|emptyset|mathbb)/.test(bare) && !/^[ei]$/.test(bare)
}

/** Returns whether a structure is a number: an expression that can be read and has no variables. */
export const isConstant = (structure: Structure): boolean => {
  if (structure.kind !== 'value' || structure.value.isText) return false
  if (structure.value.exact !== null) return true
  const read = parsed(structure.value.latex)
  return read !== null && variablesOf(read.expression).size === 0
}
