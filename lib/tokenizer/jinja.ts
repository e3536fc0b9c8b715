import * as untyped from '@huggingface/jinja'

/** Statement or expression of a parsed template. */
export interface TemplateNode {
  readonly type: string
  readonly [field: string]: unknown
}

/** Value during a rendering. */
export interface TemplateValue {
  readonly type: string
  readonly value: unknown
}

/** Variables of a rendering. */
export interface TemplateEnvironment {
  set(name: string, value: unknown): TemplateValue
  lookupVariable(name: string): TemplateValue
}

/** Methods of the library's interpreter that are called or replaced here. */
export interface LibraryInterpreter {
  run(parsed: unknown): { readonly value: string }
  evaluate(node: TemplateNode | undefined, environment: TemplateEnvironment): TemplateValue
  evaluateCallExpression(call: TemplateNode, environment: TemplateEnvironment): TemplateValue
  evaluateTestExpression(test: TemplateNode, environment: TemplateEnvironment): TemplateValue
  applyFilter(operand: TemplateValue, filter: TemplateNode, environment: TemplateEnvironment): TemplateValue
  evaluateArguments(args: unknown, environment: TemplateEnvironment): readonly [readonly TemplateValue[], unknown]
}

/** The Jinja library, with the types that are used here. Its own types have imports that Node does not resolve. */
export const jinja = untyped as unknown as {
  readonly Template: new (template: string) => { readonly parsed: unknown }
  readonly Environment: new () => TemplateEnvironment
  readonly Interpreter: new (environment: TemplateEnvironment) => LibraryInterpreter
}
