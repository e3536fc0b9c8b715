import type { Case } from './case.js'
import { modelCases } from './model-cases.js'
import { primitiveCases } from './primitive-cases.js'

/** Small programs that use every primitive: engine specs run them all and compare with the interpreter. */
export const cases: readonly Case[] = [...primitiveCases, ...modelCases]
