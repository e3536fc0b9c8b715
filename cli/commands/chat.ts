import { createInterface } from 'node:readline/promises'
import * as E from 'fp-ts/lib/Either.js'
import { from, lastValueFrom, takeUntil } from 'rxjs'
import { orThrow, rightOrThrow } from '../../lib/or-throw.js'
import type { Policy } from '../../lib/policy/policy.js'
import type { Prompt } from '../../lib/rollout/prompt.js'
import type { Message } from '../../lib/tokenizer/chat-template.js'
import type { Tokenizer } from '../../lib/tokenizer/tokenizer.js'
import type { Command } from '../command.js'
import { type ChatConfig, ChatConfigCodec, chatDefaults, chatSettings } from '../config/chat-config.js'
import { resolve } from '../config/resolve.js'
import { exitCodes, explain } from '../exit.js'
import { handleInterruption, type Interruption } from '../interruption.js'
import { flagLayer } from '../parse-flags.js'
import { openModel } from '../resources/open-model.js'
import { openPolicy } from '../resources/open-policy.js'
import { conversationText } from '../resources/conversation-text.js'
import { modelOrRun } from '../resources/run-model.js'
import { type Scope, withScope } from '../scope.js'
import type { Terminal } from '../terminal.js'

/** Lets the user talk to a model, one line at a time. */
export const chatCommand: Command = {
  name: 'chat',
  about: 'talk to a model: each line is a message, and the model answers',
  usage: 'MODEL|RUN [flags]',
  details: [
    'MODEL is a Hugging Face folder, a .gguf file, a .safetensors file of entrain, or the name of a bundled checkpoint. A\ntokenizer.json beside a .gguf file replaces the tokenizer in it. RUN is a run folder: the command takes its trained model.',
    'A model without a chat template continues the text of the line. Ctrl-D ends the conversation.',
  ],
  positionals: ['MODEL|RUN'],
  flags: chatSettings,
  defaults: chatDefaults,
  examples: [
    ['entrain chat models/Qwen/Qwen3-0.6B', 'start a conversation'],
    ['echo "What is 7 times 8?" | entrain chat models/Qwen/Qwen3-0.6B --temperature 0', 'get one answer'],
    ['entrain chat runs/math-grpo-1', 'talk to the model that a run trained'],
    ['echo "3 5 7=56:" | entrain chat countdown', 'let the bundled model continue a text'],
  ],
  run: (flags, [name = ''], terminal) =>
    withScope(async (scope) => {
      const { model, run } = await modelOrRun(
        name,
        ({ system, templateVariables }) => ({ system, templateVariables }),
        terminal.note,
      )
      const layers = [...(run === null ? [] : [run]), flagLayer(chatSettings, flags)]
      const config = rightOrThrow(resolve(ChatConfigCodec, chatDefaults, layers))
      const speaker = await openSpeaker(model, config, terminal, scope)
      await converse(speaker, config, terminal)
      return speaker.interruption.isRequested() ? speaker.interruption.exitCode() : exitCodes.done
    }),
}

/** The model of a conversation. */
interface Speaker {
  readonly policy: Policy
  readonly tokenizer: Tokenizer
  /** Formats the messages as the text that the model continues; null if the model has no chat template. */
  readonly chat: ((messages: readonly Message[]) => string) | null
  readonly interruption: Interruption
}

const openSpeaker = async (name: string, config: ChatConfig, terminal: Terminal, scope: Scope): Promise<Speaker> => {
  const model = await orThrow(openModel(name, config, terminal.note))
  const { tokenizer, chat } = await orThrow(conversationText(model, config.templateVariables))
  const interruption = scope.own(
    handleInterruption(terminal, {
      first: 'stopping: the current engine run ends first',
      again: 'already stopping: waiting for the current engine run to end',
    }),
  )
  const policy = await openPolicy(config, model, tokenizer, terminal, scope)
  return { policy, tokenizer, chat, interruption }
}

/** Answers the lines of standard input until it ends or the user interrupts. */
const converse = async (speaker: Speaker, config: ChatConfig, terminal: Terminal): Promise<void> => {
  const messages: Message[] = config.system === null ? [] : [{ role: 'system', content: config.system }]
  // Opened only now, because lines that arrive before the loop below would be lost.
  const lines = createInterface({ input: process.stdin, terminal: false })
  speaker.interruption.stop$.subscribe(() => lines.close())
  const showPrompt = () => {
    if (process.stdin.isTTY) terminal.progress('> ')
  }
  showPrompt()
  let turn = 0
  for await (const line of lines) {
    if (line.trim() !== '') {
      messages.push({ role: 'user', content: line })
      const prompt = promptOf(speaker, messages)
      if (E.isLeft(prompt)) {
        terminal.note(prompt.left)
        messages.pop()
      } else {
        const answer = await answerTo(speaker, prompt.right, turn++, config)
        if (answer === null) return
        terminal.write(`${answer}\n`)
        messages.push({ role: 'assistant', content: answer })
      }
    }
    showPrompt()
  }
}

/**
 * Returns the prompt for the last message; a message for the user if the tokenizer has no token for one of its characters. A
 * model without a chat template continues the text of the message.
 */
const promptOf = ({ tokenizer, chat }: Speaker, messages: readonly Message[]): E.Either<string, Prompt> =>
  E.tryCatch(
    () => {
      const text = chat === null ? (messages.at(-1)?.content ?? '') : chat(messages)
      return { id: 'chat', text, tokens: tokenizer.encode(text), reference: '' }
    },
    (error) => explain(error),
  )

/** Returns the answer to a prompt; null if it was interrupted. */
const answerTo = async (
  { policy, interruption }: Speaker,
  prompt: Prompt,
  turn: number,
  { temperature, topK, topP, maxTokens, seed }: ChatConfig,
): Promise<string | null> => {
  const sampling = { group: 1, temperature, topK, topP, maxTokens, seed }
  const rollout$ = from(policy.sample({ step: turn, prompts: [prompt] }, sampling)).pipe(takeUntil(interruption.stop$))
  const rollout = await lastValueFrom(rollout$, { defaultValue: null })
  return rollout?.completions[0]?.text.trim() ?? null
}
