import protobuf from 'protobufjs/light.js'
import { field, repeatedField } from '../codec/protobuf-fields.js'
import type { Scalar } from './scalars.js'

/** Record of an event file: the format version, which comes first, or the scalars of a step. @units wallTime in seconds since 1970 */
export type Event =
  | { readonly wallTime: number; readonly fileVersion: string }
  | { readonly wallTime: number; readonly step: number; readonly scalars: readonly Scalar[] }

/**
 * Schema of the messages that scalars need, from event.proto and summary.proto.
 *
 * @source github.com/tensorflow/tensorboard, tensorboard/compat/proto
 */
const schema = protobuf.Root.fromJSON({
  nested: {
    // The oneof makes protobuf write a value of 0 too. A plain field would leave it out, and TensorBoard would see no value.
    Value: {
      fields: { tag: field(1, 'string'), simpleValue: field(2, 'float') },
      oneofs: { value: { oneof: ['simpleValue'] } },
    },
    Summary: { fields: { value: repeatedField(1, 'Value') } },
    Event: {
      fields: {
        wallTime: field(1, 'double'),
        step: field(2, 'int64'),
        fileVersion: field(3, 'string'),
        summary: field(5, 'Summary'),
      },
      oneofs: { what: { oneof: ['fileVersion', 'summary'] } },
    },
  },
})

const eventType = schema.lookupType('Event')

/** Encodes an event. Its values are rounded to float32. */
export const encodeEvent = (event: Event): Uint8Array => eventType.encode(messageOf(event)).finish()

const messageOf = (event: Event) => {
  if ('fileVersion' in event) return event
  const { wallTime, step, scalars } = event
  return { wallTime, step, summary: { value: scalars.map(({ tag, value }) => ({ tag, simpleValue: value })) } }
}
