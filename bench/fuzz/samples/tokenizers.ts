const added = (id: number, content: string) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
})

const vocabularyOf = (tokens: readonly string[]) => Object.fromEntries(tokens.map((token, id) => [token, id]))

/** Tokenizers of each kind as Hugging Face writes them, with few tokens. */
export const tokenizerJsons: readonly unknown[] = [
  {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [added(0, '<unk>'), added(1, '<|im_end|>')],
    normalizer: {
      type: 'Sequence',
      normalizers: [{ type: 'NFC' }, { type: 'Replace', pattern: { String: ' ' }, content: '\u2581' }],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: '\\p{N}{1,3}| ?\\p{L}+' }, behavior: 'Isolated', invert: false },
        { type: 'Digits', individual_digits: true },
        { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'first', split: true },
      ],
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<unk>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: { '<unk>': { id: '<unk>', ids: [0], tokens: ['<unk>'] } },
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '\u2581' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
      ],
    },
    model: {
      type: 'BPE',
      unk_token: '<unk>',
      byte_fallback: true,
      fuse_unk: true,
      vocab: vocabularyOf(['<unk>', '<|im_end|>', '<0x0A>', '\u2581', 'a', 'b', 'ab', '1', '2', "'", 's', '\u2581a']),
      merges: [
        ['a', 'b'],
        ['\u2581', 'a'],
      ],
    },
  },
  {
    version: '1.0',
    added_tokens: [added(0, '<unk>'), added(1, '<|im_end|>')],
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'always' },
    post_processor: null,
    decoder: { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'always' },
    model: {
      type: 'Unigram',
      unk_id: 0,
      vocab: [
        ['<unk>', 0],
        ['<|im_end|>', 0],
        ['\u2581', -2],
        ['a', -3],
        ['b', -3.5],
        ['\u2581a', -2.5],
        ['1', -4],
        ['2', -4],
      ],
    },
  },
  {
    version: '1.0',
    added_tokens: [added(0, '[UNK]'), added(1, '<|im_end|>')],
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: { type: 'BertProcessing', sep: ['<|im_end|>', 1], cls: ['[UNK]', 0] },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: vocabularyOf(['[UNK]', '<|im_end|>', 'a', 'b', '##s', "'", '1', '##2', 'e']),
    },
  },
]

/** Chat templates with the statements that published ones have. */
export const chatTemplates: readonly string[] = [
  `{% for message in messages %}{{'<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}`,
  `{{- bos_token }}
{%- if messages[0]['role'] == 'system' %}{%- set system_message = messages[0]['content'] | trim %}{%- set messages = messages[1:] %}
{%- else %}{%- set system_message = "" %}{%- endif %}
{%- if not date_string is defined %}{%- if strftime_now is defined %}{%- set date_string = strftime_now("%d %b %Y") %}{%- else %}{%- set date_string = "26 Jul 2024" %}{%- endif %}{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\nToday Date: " + date_string + "\\n\\n" + system_message + "<|eot_id|>" }}
{%- for message in messages %}
  {%- if message.role not in ['user', 'assistant', 'tool'] %}{{ raise_exception('unknown role ' ~ message.role) }}{%- endif %}
  {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}`,
  `{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}{%- set index = (messages|length - 1) - loop.index0 %}
{%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>')) %}{%- set ns.multi_step_tool = false %}{%- set ns.last_query_index = index %}{%- endif %}{%- endfor %}
{%- macro render(message, last=false) %}{{- '<|im_start|>' ~ message.role ~ '\\n' ~ (message.content.split('</think>')[-1].lstrip('\\n') if message.role == 'assistant' else message.content) ~ ('' if last else '<|im_end|>') ~ '\\n' }}{%- endmacro %}
{%- for message in messages %}{{- render(message, last=loop.last) }}{%- endfor %}
{%- if tools is defined and tools %}{%- for tool in tools %}{{- tool | tojson(indent=2) }}{%- endfor %}{%- endif %}
{{- messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | join(', ') | upper | replace('A', 'b') }}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}{%- endif %}`,
]
