//! Redis pub/sub: at most once, to every connection that is subscribed at that moment
//! (<https://redis.io/docs/latest/develop/pubsub/>, "Delivery semantics").
//!
//! A subscriber whose connection is gone is sent nothing until it has subscribed again, and nothing is kept
//! for it. A service with several instances has as many connections: each gets a copy.
//!
//! Left out is what the room in `scenario/kinds` says.

use super::Env;
use super::behaviour::Behaviour;
use super::broker::{Due, Frame, Incoming, Intake, multiply, used_up};
use super::message::{Answer, Body, Message};
use super::parts::slab::Handle;
use crate::base::Time;
use crate::engine::InstanceId;
use crate::model::Model;
use crate::probes::{Probe, Reason};
use crate::scenario::tree::NodeKind;

/// The server: one instance.
#[derive(Clone, Debug)]
pub struct RedisPubSub {
    intake: Intake,
    /// By instance: is it connected, as far as is known?
    connected: Vec<bool>,
}

impl Behaviour for RedisPubSub {
    type Due = Due;

    fn new(model: &Model, me: InstanceId) -> Self {
        let me = model.node_of(me);
        let NodeKind::RedisPubSub(kind) = &model.scenario.nodes[usize::from(me.0)].kind else {
            unreachable!("node {me:?} is no Redis");
        };
        let intake = Intake::new(model, me, kind.work.clone(), false);
        Self { intake, connected: vec![true; model.instances.len()] }
    }

    #[inline(never)]
    fn receive<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        let from = message.from.0 as usize;
        match message.body {
            Body::Broker(Frame::Publish { .. }) => self.intake.take(message, env),
            Body::Broker(Frame::Ack { .. }) => used_up(message.op, None, env),
            Body::Broker(Frame::Nack { .. }) => used_up(message.op, Some(Reason::Error), env),
            Body::Broker(Frame::Join { .. }) => self.connected[from] = true,
            Body::Broker(Frame::Leave { .. }) | Body::Gone { .. } => self.connected[from] = false,
            body => unreachable!("not for a Redis: {body:?}"),
        }
    }

    #[inline(never)]
    fn timer<P: Probe>(&mut self, due: Due, env: &mut Env<'_, '_, P>) {
        let Due::Stored(handle) = due;
        if let Some(incoming) = self.intake.stored(handle) {
            self.passes_on(incoming, env);
            incoming.confirm(Answer::Done, env);
        }
    }

    fn is_stale(&self, due: Due, _at: Time, _incarnation: u32) -> bool {
        let Due::Stored(handle) = due;
        self.intake.is_stale(handle)
    }

    fn crash<P: Probe>(&mut self, host: bool, env: &mut Env<'_, '_, P>) {
        self.intake.crash(host, env);
    }

    /// All subscribe again; of those that are gone, somebody will say so.
    fn restart<P: Probe>(&mut self, _env: &mut Env<'_, '_, P>) {
        self.connected.fill(true);
    }

    fn resume<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        self.intake.resume(env);
    }

    fn weight(&self) -> usize {
        self.intake.weight() + self.connected.len()
    }
}

impl RedisPubSub {
    /// A copy goes to each instance of each subscribing service that is connected.
    fn passes_on<P: Probe>(&self, incoming: Incoming, env: &mut Env<'_, '_, P>) {
        let (op, item, model) = (incoming.op, incoming.item, env.model);
        let subscribers = incoming.subscribers(model);
        let there = |channel: u32| {
            let consumer = model.programs.channels[channel as usize].consumer;
            let instances = model.nodes[usize::from(consumer.0)].instances();
            instances.filter(|instance| self.connected[instance.0 as usize]).collect::<Vec<_>>()
        };
        let there: Vec<_> = subscribers.iter().map(|it| (it.entry, there(it.channel))).collect();
        multiply(op, there.iter().map(|(_, instances)| instances.len().max(1)).sum(), env);
        for (entry, instances) in there {
            if instances.is_empty() {
                used_up(op, Some(Reason::NoSubscriber), env);
            }
            for to in instances {
                let (receipt, redelivered) = (Handle::NONE, false);
                env.send(to, &op, Frame::Deliver { receipt, entry, item, redelivered });
                used_up(op, None, env);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::broker::fixture::*;
    use super::*;
    use crate::base::Dist;
    use crate::scenario::tree;

    fn bench() -> Bench {
        Bench::with(&NodeKind::RedisPubSub(tree::RedisPubSub { work: Dist::Const(2e6) }))
    }

    #[test]
    fn every_connection_gets_a_copy_and_nothing_is_kept() {
        let mut bench = bench();
        bench.publish(7, TO_BOTH);
        bench.run_for(10);
        assert_eq!(bench.answers(), [(3, 7, Answer::Done)]);
        let got: Vec<u32> = bench.deliveries().into_iter().map(|got| got.to).collect();
        assert_eq!(got, [AT_CONSUMERS[0], AT_CONSUMERS[1], AT_CONSUMERS[2], AT_AUDITOR]);
        assert_eq!((bench.alive(7), bench.books().lost.len()), (0, 0));
    }

    #[test]
    fn what_is_published_while_nobody_is_there_is_lost() {
        let mut bench = bench();
        bench.down(AT_AUDITOR, false);
        bench.run_for(5);
        bench.publish(7, TO_BOTH);
        bench.run_for(10);
        assert_eq!(bench.books().lost, [(7, Reason::NoSubscriber)]);
        assert_eq!(bench.deliveries().len(), 3, "the others are there");
        bench.up(AT_AUDITOR);
        bench.run_for(10);
        bench.publish(8, TO_BOTH);
        bench.run_for(10);
        let got: Vec<u64> = bench.deliveries().into_iter().map(|got| got.op).collect();
        assert_eq!(got, [8, 8, 8, 8], "7 does not come any more");
        assert_eq!((bench.alive(7), bench.alive(8)), (0, 0));
    }

    #[test]
    fn what_fails_is_lost() {
        let mut bench = bench();
        bench.publish(7, TO_ONE);
        bench.run_for(10);
        let got = bench.deliveries();
        bench.nack(&got[..1]);
        assert_eq!(bench.books().lost, [(7, Reason::Error)]);
        assert_eq!(bench.alive(7), 0);
    }
}
