import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readNumber, readText } from '../src/cli/command.ts';
import { tellProgress, type Measurement } from './measurement.ts';
import { drawSoak } from './soak-graph.ts';
import { runSoak, type SoakReport } from './soak-run.ts';
import { temporaryFolder } from './temporary-folder.ts';
import type { Table } from './table.ts';
