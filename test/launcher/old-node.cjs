// Preloaded, it makes any Node.js say that it is an old one.
'use strict';
Object.defineProperty(process, 'versions', { value: Object.assign({}, process.versions, { node: '20.19.0' }) });
