import { describe, expect, it } from '@jest/globals';
import { previewOf } from './corpus.js';

const messagesOf = (text: string) => previewOf(text).faults.map(({ message }) => message);
const head = 'apiVersion: v1\nkind: Pod\n';

describe('what is no YAML is an error with line, column and advice', () => {
  it.each([
    [
      'an item that does not line up',
      `${head}spec:\n  containers:\n  - name: a\n   image: b\n`,
      '6:4: manifest: expected YAML, found a line that does not line up with the list above; compare its indentation with the lines above',
    ],
    [
      'a key that does not line up',
      `${head}metadata:\n  name: a\n namespace: b\n`,
      '5:2: manifest: expected YAML, found a key that does not line up with those above; compare its indentation with the lines above',
    ],
    [
      'a tab',
      `${head}metadata:\n\tname: a\n`,
      '4:1: manifest: expected YAML, found a tab in the indentation; indent with spaces',
    ],
    [
      'two colons',
      `${head}metadata: {}\nspec: a: b\n`,
      '4:7: manifest: expected YAML, found a second "key:" in the line; write the text in quotes, or indent it on a line of its own',
    ],
    [
      'no colon',
      'apiVersion: v1\nkind Pod\n',
      '2:1: manifest: expected YAML, found a line without a colon; write key: value',
    ],
    [
      'an open bracket',
      `${head}metadata: {name: a\nspec: {}\n`,
      '4:1: manifest: expected YAML, found a bracket that is not closed before this line; look for a missing ] or }, and indent what stands in it',
    ],
    [
      'an open quote',
      `${head}metadata:\n  name: "a\n`,
      '5:1: manifest: expected YAML, found a text whose quotes are never closed; look for a missing quote',
    ],
    [
      'a reserved character',
      `${head}metadata:\n  name: @a\n`,
      '4:9: manifest: expected YAML, found plain value cannot start with reserved character @; write the text in quotes',
    ],
    [
      'broken JSON',
      '{"apiVersion": "v1",\n "kind": "Pod",,\n}\n',
      '2:16: manifest: expected YAML, found unexpected , in flow map; look for a missing quote, bracket or colon',
    ],
  ])('%s', (_title, text, message) => {
    expect(messagesOf(text)).toEqual([`a.yaml:${message}`]);
  });

  it.each([
    [`${head}metadata:\n  name: {{ .Release.Name }}\n`, '4:9'],
    ['{{- if .Values.enabled }}\napiVersion: v1\nkind: Pod\n{{- end }}\n', '1:1'],
    [`${head}metadata:\n  labels:\n    {{- include "labels" . | nindent 4 }}\n`, '5:5'],
  ])('a template that is not rendered: %j', (text, place) => {
    expect(messagesOf(text)).toEqual([
      `a.yaml:${place}: manifest: expected YAML, found a template that is not rendered yet; try helm template CHART | podtemper preview -`,
    ]);
  });

  it('and braces in quotes are no template', () => {
    const text = `${head}metadata: {annotations: {a: "{{ $x }}"}}\nspec: {containers: [{name: "{{ .y }}"}]}\n`;
    expect(messagesOf(text)).toEqual([]);
  });
});

describe('what is no API object is an error that says what is missing', () => {
  it.each([
    [
      'kind',
      'apiVersion: v1\n',
      '1:1: kind: expected a string, found nothing; add a line such as kind: Deployment',
    ],
    [
      'apiVersion',
      'replicas: 3\n',
      '1:1: apiVersion: expected a string, found nothing; add a line such as apiVersion: apps/v1',
    ],
    [
      'all',
      'just a text\n',
      '1:1: object: expected a mapping, found "just a text"; a manifest begins with apiVersion and kind',
    ],
    [
      'a list around',
      '- a\n- b\n',
      '1:1: object: expected a mapping, found a list; a manifest begins with apiVersion and kind',
    ],
    [
      'a member of a list',
      'apiVersion: v1\nkind: List\nitems:\n- kind: Pod\n',
      '4:3: items[0].apiVersion: expected a string, found nothing; add a line such as apiVersion: apps/v1',
    ],
    [
      'a name that is a string',
      `${head}metadata: {name: on}\n`,
      '3:18: metadata.name: expected a string, found true; write it in quotes: "true"',
    ],
    ['a list for items', 'apiVersion: v1\nkind: List\nitems: {a: 1}\n', undefined],
  ])('%s', (_title, text, message) => {
    expect(messagesOf(text)).toEqual(message === undefined ? [] : [`a.yaml:${message}`]);
  });

  it.each(['', '\n \n', '# only a comment\n', '---\n---\n', '\uFEFF'])('in %j nothing is found', (text) => {
    expect(messagesOf(text)).toEqual([
      expect.stringMatching(
        /^a\.yaml:1:1: manifest: expected an API object, found (?:none|nothing at all); a manifest begins/,
      ),
    ]);
  });
});

describe('a pod with a field of the wrong type is an error at its place', () => {
  const pod = (container: string) =>
    `${head}metadata: {name: a}\nspec:\n  containers:\n  - name: a\n    ${container}\n`;

  it.each([
    [
      'securityContext: {runAsUser: "1000"}',
      '7:34: spec.containers[0].securityContext.runAsUser: expected a number, found "1000"; write it without quotes: 1000',
    ],
    [
      'securityContext: {privileged: "false"}',
      '7:35: spec.containers[0].securityContext.privileged: expected true or false, found "false"; write it without quotes: false',
    ],
    [
      'securityContext: {capabilities: {drop: ALL}}',
      '7:44: spec.containers[0].securityContext.capabilities.drop: expected a list, found "ALL"',
    ],
    [
      'volumeMounts: [{name: a}]',
      '7:20: spec.containers[0].volumeMounts[0].mountPath: expected a string, found nothing',
    ],
    ['ports: [~]', '7:13: spec.containers[0].ports[0]: expected a mapping, found null'],
    [
      'resources: {limits: [1]}',
      '7:25: spec.containers[0].resources.limits: expected a mapping, found a list',
    ],
    ['image: [a]', '7:12: spec.containers[0].image: expected a string, found a list'],
  ])('%s', (container, message) => {
    expect(messagesOf(pod(container))).toEqual([`a.yaml:${message}`]);
  });

  it.each(['securityContext:', 'ports: ~', 'image: null', 'resources: {limits: , requests: {cpu: ~}}'])(
    'but null is no error where a field may be left out: %s',
    (container) => {
      expect(messagesOf(pod(container))).toEqual([]);
    },
  );

  it('names the template that is missing', () => {
    expect(messagesOf('apiVersion: apps/v1\nkind: Deployment\nspec:\n  replicas: 1\n')).toEqual([
      'a.yaml:4:3: spec.template: expected a mapping, found nothing',
    ]);
  });

  it('and its document passes through unchanged', () => {
    const text = `${head}spec: {containers: 1}\n`;
    const { documents, items } = previewOf(text);
    expect(items).toEqual([]);
    expect(documents.map((document) => document.rewrite().after)).toEqual([text]);
  });

  it('in JSON is found by line and column too', () => {
    const text =
      '{\n\t"apiVersion": "v1",\n\t"kind": "Pod",\n\t"spec": { "containers": [ { "name": 1 } ] }\n}\n';
    expect(messagesOf(text)).toEqual([
      'a.yaml:4:38: spec.containers[0].name: expected a string, found 1; write it in quotes: "1"',
    ]);
  });
});

describe('several faults', () => {
  it('are all told, from top to bottom', () => {
    const text = `kind: A\n---\na: *x\n---\n${head}spec: {}\n---\n@\n`;
    expect(messagesOf(text).map((message) => message.split(' ')[0])).toEqual([
      'a.yaml:1:1:',
      'a.yaml:3:4:',
      'a.yaml:7:7:',
      'a.yaml:9:1:',
    ]);
  });

  it('are counted where nobody would read them all', () => {
    const messages = messagesOf('a: 1\n---\n'.repeat(150));
    expect(messages).toHaveLength(101);
    expect(messages.at(-1)).toBe(
      'manifest: expected 100 faults at most, found 150, of which these are the first',
    );
  });
});
