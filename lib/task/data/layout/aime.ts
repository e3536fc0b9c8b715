import { SmallIntegerAnswer } from './answer.js'
import { questionAndAnswer } from './question-and-answer.js'

export const aime = questionAndAnswer('a problem of the AIME and its answer in 0..999', SmallIntegerAnswer)
