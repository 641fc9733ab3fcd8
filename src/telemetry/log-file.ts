import { appendFileSync } from 'node:fs';
export class LogFile {
  private readonly file: string;
  constructor(init: { file: string; clock: unknown; onTrouble: (message: string, counts: Record<string, number>) => void }) {
    this.file = init.file;
  }
  append(line: string): void {
    if (this.file !== '-') appendFileSync(this.file, line);
  }
  async reopen(): Promise<void> {}
  async close(): Promise<void> {}
}
