import type { DataReader, DecodedArray, PageHeader } from 'hyparquet'
import { parquetHeader, readPage } from 'hyparquet/src/column.js'
import { convert } from 'hyparquet/src/convert.js'
import { decompressPage } from 'hyparquet/src/datapage.js'
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from 'hyparquet/src/schema.js'
import { checkRuns } from './runs.js'
import { checkThrift } from './thrift.js'

/** Facts by which the library decodes the pages of a column. */
export type ColumnDecoder = Parameters<typeof readPage>[2]

/** Largest page after decompression. Writers make pages of about 1 MiB. @units bytes */
const MAX_PAGE = 2 ** 27

/** Largest page after decompression that any compressed page may have, and the further size for each of its bytes. @units bytes */
const [FREE_PAGE, RATIO] = [2 ** 24, 256]

/**
 * Decodes the pages of a column. `limit` is the largest number of values.
 *
 * @errors throws an error if a page claims more values or bytes than there can be
 */
export const decodePages = (bytes: ArrayBuffer, decoder: ColumnDecoder, limit: number): readonly unknown[] => {
  const reader: DataReader = { view: new DataView(bytes), offset: 0 }
  const values: unknown[] = []
  let dictionary: DecodedArray | undefined
  let [chunk, claimed] = [undefined as DecodedArray | undefined, 0]
  while (reader.offset < bytes.byteLength) {
    checkThrift(reader)
    const header = parquetHeader(reader)
    const page = plainPage(reader, header, decoder)
    claimed += valuesIn(page.header)
    if (!(claimed <= limit)) throw new RangeError(`${claimed} values in a column, expected at most ${limit}`)
    if (header.type === 'DATA_PAGE' || header.type === 'DATA_PAGE_V2') checkLevels(page, decoder)
    const { data } = readPage(
      { view: page.view, offset: 0 },
      page.header,
      { ...decoder, codec: 'UNCOMPRESSED' },
      dictionary,
      chunk,
      0,
    )
    if (header.type === 'DICTIONARY_PAGE') dictionary = data && convert(data, decoder)
    // A page may continue the last list of the page before it. The library then returns the same array, which has grown.
    else if (data !== undefined && data !== chunk) {
      if (chunk !== undefined) for (const value of chunk) values.push(value)
      chunk = data
    }
  }
  if (chunk !== undefined) for (const value of chunk) values.push(value)
  return values
}

/** Page whose bytes are not compressed, and the header that says so. */
interface PlainPage {
  readonly header: PageHeader
  readonly view: DataView
}

const plainPage = (reader: DataReader, header: PageHeader, { codec, compressors }: ColumnDecoder): PlainPage => {
  const { compressed_page_size: size, uncompressed_page_size: whole } = header
  const room = reader.view.byteLength - reader.offset
  if (!(size >= 0 && size <= room)) throw new RangeError(`a page of ${size} bytes, expected at most ${room}`)
  const most = Math.min(MAX_PAGE, Math.max(FREE_PAGE, RATIO * size))
  if (!(whole >= 0 && whole <= most))
    throw new RangeError(`a page of ${size} bytes, and ${whole} after decompression, expected at most ${most}`)
  const bytes = new Uint8Array(reader.view.buffer, reader.offset, size)
  reader.offset += size
  const second = header.data_page_header_v2
  const levels = second ? second.repetition_levels_byte_length + second.definition_levels_byte_length : 0
  if (!(levels >= 0 && levels <= Math.min(size, whole)))
    throw new RangeError(`levels of ${levels} bytes in a page of ${size}`)
  const isCompressed = second?.is_compressed !== false
  const values = isCompressed
    ? decompressPage(bytes.subarray(levels), whole - levels, codec, compressors)
    : bytes.subarray(levels)
  const plain = new Uint8Array(levels + values.length)
  plain.set(bytes.subarray(0, levels))
  plain.set(values, levels)
  return {
    view: new DataView(plain.buffer),
    header: {
      ...header,
      compressed_page_size: plain.length,
      uncompressed_page_size: plain.length,
      ...(second ? { data_page_header_v2: { ...second, is_compressed: false } } : {}),
    },
  }
}

const valuesIn = ({ data_page_header, data_page_header_v2, dictionary_page_header }: PageHeader): number =>
  (data_page_header ?? data_page_header_v2 ?? dictionary_page_header)?.num_values ?? 0

/** Checks the runs of the levels and of the dictionary indices of a page. */
const checkLevels = ({ header, view }: PlainPage, { type, schemaPath }: ColumnDecoder): void => {
  const [repetition, definition] = [getMaxRepetitionLevel(schemaPath), getMaxDefinitionLevel(schemaPath)]
  const reader: DataReader = { view, offset: 0 }
  const second = header.data_page_header_v2
  const count = valuesIn(header)
  if (!(count >= 0)) throw new RangeError(`${count} values in a page`)
  /** Checks the runs of one kind of levels and returns the number of levels that are the largest. */
  const check = (largest: number, length: number | undefined): number => {
    if (largest === 0) return count
    const start = reader.offset + (length === undefined ? 4 : 0)
    const end = start + (length ?? view.getUint32(reader.offset, true))
    if (end > view.byteLength) throw new RangeError(`levels up to byte ${end} of a page of ${view.byteLength}`)
    reader.offset = start
    const found = checkRuns({ reader, end, width: bitsOf(largest), values: count }, largest)
    reader.offset = end
    return found
  }
  check(repetition, second?.repetition_levels_byte_length)
  const present = check(definition, second?.definition_levels_byte_length)
  if (second && second.num_values - second.num_nulls !== present)
    throw new RangeError(`${second.num_nulls} nulls in a page, expected ${count - present}`)
  const encoding = (second ?? header.data_page_header)?.encoding
  if (encoding?.endsWith('_DICTIONARY') && type !== 'BOOLEAN') {
    const width = present === 0 && reader.offset === view.byteLength ? 0 : view.getUint8(reader.offset++)
    if (width > 32) throw new RangeError(`dictionary indices of ${width} bits`)
    if (width > 0 || second) checkRuns({ reader, end: view.byteLength, width, values: present })
  } else if (encoding === 'RLE') {
    const end = view.byteLength
    reader.offset += 4
    checkRuns({ reader, end, width: 1, values: present })
  }
}

const bitsOf = (largest: number): number => 32 - Math.clz32(largest)
