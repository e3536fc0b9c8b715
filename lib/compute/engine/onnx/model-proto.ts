import protobuf from 'protobufjs/light.js'
import { field, repeatedField } from '../../../codec/protobuf-fields.js'

/** Codes of the element types that graphs use. bool and uint8 occur only between nodes, int64 only in shapes. */
export const ElementType = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 } as const

/** Codes of the types of an attribute. */
export const AttributeType = { float: 1, int: 2, string: 3, ints: 7 } as const

/** Attribute of an operator. */
export interface AttributeProto {
  readonly name: string
  readonly type: number
  readonly f?: number
  readonly i?: number
  readonly s?: Uint8Array
  readonly ints?: readonly number[]
}

/** Operator of a graph. */
export interface NodeProto {
  readonly name: string
  readonly opType: string
  /** Domain of the operator set; by default that of ONNX itself. */
  readonly domain?: string
  readonly input: readonly string[]
  readonly output: readonly string[]
  readonly attribute: readonly AttributeProto[]
}

/** Constant of a graph. */
export interface TensorProto {
  readonly name: string
  readonly dims: readonly number[]
  readonly dataType: number
  /** Elements in little-endian order. */
  readonly rawData: Uint8Array
}

/** Declaration of an input or output of a graph. Without a shape it is a tensor of any rank. */
export interface ValueInfoProto {
  readonly name: string
  readonly type: {
    readonly tensorType: {
      readonly elemType: number
      readonly shape?: { readonly dim: readonly { dimValue: number }[] }
    }
  }
}

/** Model file. */
export interface ModelProto {
  readonly irVersion: number
  readonly producerName: string
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[]
  readonly graph: {
    readonly name: string
    readonly node: readonly NodeProto[]
    readonly initializer: readonly TensorProto[]
    readonly input: readonly ValueInfoProto[]
    readonly output: readonly ValueInfoProto[]
  }
}

/** Part of onnx.proto that static graphs need. @source github.com/onnx/onnx, onnx/onnx.proto3 */
const schema = protobuf.Root.fromJSON({
  nested: {
    AttributeProto: {
      fields: {
        name: field(1, 'string'),
        f: field(2, 'float'),
        i: field(3, 'int64'),
        s: field(4, 'bytes'),
        ints: repeatedField(8, 'int64'),
        type: field(20, 'int32'),
      },
    },
    NodeProto: {
      fields: {
        input: repeatedField(1, 'string'),
        output: repeatedField(2, 'string'),
        name: field(3, 'string'),
        opType: field(4, 'string'),
        attribute: repeatedField(5, 'AttributeProto'),
        domain: field(7, 'string'),
      },
    },
    TensorProto: {
      fields: {
        dims: repeatedField(1, 'int64'),
        dataType: field(2, 'int32'),
        name: field(8, 'string'),
        rawData: field(9, 'bytes'),
      },
    },
    Dimension: { fields: { dimValue: field(1, 'int64') }, oneofs: { value: { oneof: ['dimValue'] } } },
    TensorShapeProto: { fields: { dim: repeatedField(1, 'Dimension') } },
    TensorTypeProto: { fields: { elemType: field(1, 'int32'), shape: field(2, 'TensorShapeProto') } },
    TypeProto: { fields: { tensorType: field(1, 'TensorTypeProto') } },
    ValueInfoProto: { fields: { name: field(1, 'string'), type: field(2, 'TypeProto') } },
    GraphProto: {
      fields: {
        node: repeatedField(1, 'NodeProto'),
        name: field(2, 'string'),
        initializer: repeatedField(5, 'TensorProto'),
        input: repeatedField(11, 'ValueInfoProto'),
        output: repeatedField(12, 'ValueInfoProto'),
      },
    },
    OperatorSetIdProto: { fields: { domain: field(1, 'string'), version: field(2, 'int64') } },
    ModelProto: {
      fields: {
        irVersion: field(1, 'int64'),
        producerName: field(2, 'string'),
        graph: field(7, 'GraphProto'),
        opsetImport: repeatedField(8, 'OperatorSetIdProto'),
      },
    },
  },
})

const modelType = schema.lookupType('ModelProto')

/** Encodes a model as the bytes of an ONNX file. */
export const encodeModel = (model: ModelProto): Uint8Array => modelType.encode(model).finish()
