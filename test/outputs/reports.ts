import { previewFiles } from '../../src/preview/preview.js';
import { corpus, defaultOptions, previewOf } from '../preview/corpus.js';

/** A Deployment with one container that lacks all, one that insists on root, and a key that cannot be read. */
export const mixed = [
  'apiVersion: apps/v1',
  'kind: Deployment',
  'metadata: { name: "web" }',
  'spec:',
  '  template:',
  '    spec:',
  '      containers:',
  '        - name: web',
  '          image: example.com/web:1',
  '        - name: root',
  '          image: example.com/root:1',
  '          securityContext:',
  '            runAsUser: 0',
  '---',
  'kind: Pod',
  '',
].join('\n');

export const mixedPreview = previewOf(mixed, {}, 'shop/web, 50%.yaml');

/** All manifests of the tests in one preview. */
export const everything = previewFiles(corpus, defaultOptions);
