import { createInterface } from 'node:readline/promises'
import { from, lastValueFrom, takeUntil } from 'rxjs'
import type * as t from 'io-ts'
import { constantRate } from '../lib/optimizer/learning-rate.js'
import { localModel } from '../lib/policy/local/local-model.js'
import type { Policy } from '../lib/policy/policy.js'
import type { Prompt } from '../lib/rollout/prompt.js'
import type { Message } from '../lib/tokenizer/chat-template.js'
import type { Tokenizer } from '../lib/tokenizer/tokenizer.js'
import type { Command } from './command.js'
import { closed } from './config/closed.js'
import { integerFrom, nonNegative, orNone, share, text } from './config/fields.js'
import { machineDefaults, machineFields, machineSettings, openMachine } from './config/machine.js'
import { resolve } from './config/resolve.js'
import { exitCodes } from './exit.js'
import { orThrow, rightOrThrow } from '../lib/or-throw.js'
import { group, numberSetting, orNoneTextSetting } from './flag.js'
import { interruption } from './interruption.js'
import { openModel } from './open-model.js'
import { textOf } from './open-task.js'
import { flagLayer } from './parse-flags.js'

const ChatConfigCodec = closed({
  adapter: orNone(text),
  /** What the model is told before anything is said. */
  system: orNone(text),
  temperature: nonNegative,
  topK: integerFrom(0),
  topP: share,
  maxTokens: integerFrom(1),
  seed: integerFrom(0),
  ...machineFields,
})
type ChatConfig = t.TypeOf<typeof ChatConfigCodec>

const chatDefaults: ChatConfig = {
  adapter: null,
  system: null,
  temperature: 0.7,
  topK: 0,
  topP: 0.95,
  maxTokens: 256,
  seed: 0,
  ...machineDefaults,
}

const chatSettings = [
  ...group('What answers', [
    orNoneTextSetting('adapter', 'folder of adapters, as PEFT saves them', 'DIR'),
    orNoneTextSetting('system', 'what the model is told before anything is said', 'TEXT'),
  ]),
  ...group('Sampling', [
    numberSetting('temperature', 'of the softmax that is drawn from; 0 takes the likeliest token'),
    numberSetting('topK', 'draw from the k likeliest tokens; 0: all'),
    numberSetting('topP', 'draw from the likeliest tokens that make up p; 1: all'),
    numberSetting('maxTokens', 'longest answer, tokens'),
    numberSetting('seed', 'decides every draw'),
  ]),
  ...group('Machine', machineSettings),
]

/** Talks to a model, a line at a time. */
export const chatCommand: Command = {
  name: 'chat',
  about: 'talk to a model: each line is a message, and the model answers',
  usage: 'MODEL [flags]',
  details: [
    'MODEL is a Hugging Face folder, or a .gguf file, where a tokenizer.json beside it counts before its own.',
    'A model without a chat template goes on with the line as it stands. Ctrl-D ends the conversation.',
  ],
  positionals: ['MODEL'],
  flags: chatSettings,
  defaults: chatDefaults,
  examples: [
    ['entrain chat models/Qwen/Qwen3-0.6B', 'a conversation'],
    ['echo "What is 7 times 8?" | entrain chat models/Qwen/Qwen3-0.6B --temperature 0', 'one answer'],
    ['entrain chat models/Qwen/Qwen3-0.6B --adapter runs/math-grpo-1/adapter', 'with what a run has learned'],
  ],
  run: async (flags, [name = ''], terminal) => {
    const config = rightOrThrow(resolve(ChatConfigCodec, chatDefaults, [flagLayer(chatSettings, flags)]))
    const model = await orThrow(openModel(name, config))
    const { tokenizer, chat } = await orThrow(textOf(model))
    const { engine, replicas, reason, close } = await orThrow(openMachine(config))
    const interrupted = interruption(terminal, {
      first: 'stopping: the engine ends what it runs',
      again: 'already stopping: waiting for the engine to end what it runs',
    })
    try {
      terminal.note(`engine ${engine.name}: ${reason}`)
      const { policy } = await orThrow(
        localModel({
          engine,
          replicas,
          checkpoint: model.source,
          tokenizer,
          learningRate: constantRate(0),
        }),
      )
      const messages: Message[] = config.system === null ? [] : [{ role: 'system', content: config.system }]
      // Not before there is somebody to read: lines that come earlier would be lost.
      const lines = createInterface({ input: process.stdin, terminal: false })
      interrupted.stop$.subscribe(() => lines.close())
      const ask = () => {
        if (terminal.interactive) terminal.write('> ')
      }
      ask()
      let turn = 0
      for await (const line of lines) {
        if (line.trim() !== '') {
          messages.push({ role: 'user', content: line })
          const asked = chat === null ? line : chat(messages)
          const answer = await answerTo(policy, promptOf(asked, tokenizer), turn++, config, interrupted.stop$)
          if (answer === null) break
          terminal.write(`${answer}\n`)
          messages.push({ role: 'assistant', content: answer })
        }
        ask()
      }
      return interrupted.asked() ? exitCodes.interrupted : exitCodes.done
    } finally {
      await close()
      interrupted.release()
    }
  },
}

const promptOf = (asked: string, tokenizer: Tokenizer): Prompt => ({
  id: 'chat',
  text: asked,
  tokens: tokenizer.encode(asked),
  reference: '',
})

/** Null where it was interrupted. */
const answerTo = async (
  policy: Policy,
  prompt: Prompt,
  turn: number,
  { temperature, topK, topP, maxTokens, seed }: ChatConfig,
  stop$: ReturnType<typeof interruption>['stop$'],
): Promise<string | null> => {
  const how = { group: 1, temperature, topK, topP, maxTokens, seed }
  const drawn = from(policy.sample({ step: turn, prompts: [prompt] }, how)).pipe(takeUntil(stop$))
  const rollout = await lastValueFrom(drawn, { defaultValue: null })
  return rollout?.completions[0]?.text.trim() ?? null
}
