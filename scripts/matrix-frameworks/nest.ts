import 'reflect-metadata';
import { Controller, Get, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Pool, ThreadPool } from 'twinpool';
import { slow, square } from './work.mjs';

@Injectable()
class Pools implements OnApplicationShutdown {
  readonly threads = new ThreadPool(1);
  readonly processes = new Pool(1);

  // Nest calls it when the server takes no new requests and has answered the open ones.
  async onApplicationShutdown(): Promise<void> {
    this.threads.close();
    this.processes.close();
    await Promise.all([this.threads.join(), this.processes.join()]);
  }
}

const pools = new Pools();

@Controller()
class TasksController {
  @Get('map')
  async map() {
    return { threads: await pools.threads.map(square, [1, 2]), processes: await pools.processes.map(square, [1, 2]) };
  }

  @Get('slow')
  slow() {
    return pools.processes.apply(slow, [300]);
  }
}

@Module({ controllers: [TasksController], providers: [{ provide: Pools, useValue: pools }] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error'] });
app.enableShutdownHooks();
await app.listen(Number(process.env.PORT ?? 3000));
