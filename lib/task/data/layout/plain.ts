import { Answer } from './answer.js'
import { questionAndAnswer } from './question-and-answer.js'

export const plain = questionAndAnswer('a question and an answer', Answer)
