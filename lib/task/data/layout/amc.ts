import { NumberAnswer } from './answer.js'
import { questionAndAnswer } from './question-and-answer.js'

/** Problems of the American Mathematics Competitions, whose choices were left out: every answer is a number. */
export const amc = questionAndAnswer('a problem of the AMC and its answer, a number', NumberAnswer)
