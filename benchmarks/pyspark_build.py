"""The peer: the same build, bronze to gold, written for local PySpark by the rules of the data contract.

It reads the same files, applies the same rules (typed, deduplicated, known members only; leaks by the latest
matching failed interaction; repeats within seven days; both cost models) and writes the same facts and marts.
"""

from __future__ import annotations

import argparse
import json
import time
from functools import reduce
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

TOPIC_OF = {
    "id_card_download": "ID Card Request",
    "bill_pay": "Billing Question",
    "claims_check": "Claims Status",
    "benefits_lookup": "Benefits Info",
    "pharmacy_lookup": "Pharmacy Coverage",
    "find_provider": "Provider Search",
    "login": "Technical Support",
    "update_info": "Technical Support",
}
MEMBER_COLUMNS = ["plan_type", "segment", "tenure_bucket", "member_tenure", "age_group", "gender", "state"]
EVENTS = {
    "claims": ("claim_id", "claim_date"),
    "surveys": ("survey_id", "survey_date"),
    "pharmacy": ("rx_id", "fill_date"),
    "enrollment": ("enrollment_id", "enrollment_date"),
}


def session() -> SparkSession:
    """Local Spark on two cores, silent."""
    spark = (
        SparkSession.builder.master("local[2]")
        .appName("reference-build")
        .config("spark.driver.memory", "4g")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def bronze(spark: SparkSession, source: Path, out: Path, table: str) -> DataFrame:
    """Raw rows with ingestion metadata, written and read back as a lakehouse does."""
    raw = spark.read.option("header", True).csv(str(source / f"{table}.csv.gz"))
    raw.withColumn("_loaded_at", F.current_timestamp()).write.mode("overwrite").parquet(
        str(out / "bronze" / table)
    )
    return spark.read.parquet(str(out / "bronze" / table))


def members(raw: DataFrame) -> DataFrame:
    """One row a member with tenure and age buckets."""
    tenure, age = F.col("tenure_months").cast("double").cast("int"), F.col("age").cast("double").cast("int")
    bucket = _ladder(
        tenure, [(6, "0-6 months"), (12, "6-12 months"), (24, "1-2 years"), (36, "2-3 years")], "3+ years"
    )
    return (
        raw.dropDuplicates(["member_id"])
        .withColumn("tenure_bucket", bucket)
        .withColumn("member_tenure", F.when(tenure < 12, "New").otherwise("Tenured"))
        .withColumn("age_group", _ladder(age, [(65, "Under 65"), (75, "65-74"), (85, "75-84")], "85+"))
    )


def _ladder(value: Column, steps: list[tuple[int, str]], last: str) -> Column:
    start = F.when(value < steps[0][0], steps[0][1])
    return reduce(lambda so_far, step: so_far.when(value < step[0], step[1]), steps[1:], start).otherwise(last)


def events(raw: DataFrame, key: str, people: DataFrame) -> DataFrame:
    """Deduplicated rows of known members with the members' attributes."""
    return raw.dropDuplicates([key]).join(people.select("member_id", *MEMBER_COLUMNS), "member_id")


def with_leaks(calls: DataFrame, digital: DataFrame) -> DataFrame:
    """Each call with its latest earlier failed interaction of a matching topic, by union and window."""
    mapping = F.create_map(*[F.lit(part) for pair in TOPIC_OF.items() for part in pair])
    failed = digital.where(F.col("outcome").isin("failure", "abandoned")).select(
        "member_id",
        mapping[F.col("interaction_type")].alias("call_topic"),
        F.col("interaction_timestamp").cast("timestamp").alias("ts"),
        F.struct("interaction_timestamp", "interaction_type", "failure_reason", "outcome").alias("trigger"),
        F.lit(None).cast("string").alias("call_id"),
    )
    asked = calls.select(
        "member_id",
        "call_topic",
        F.col("call_timestamp").cast("timestamp").alias("ts"),
        F.lit(None).cast(failed.schema["trigger"].dataType).alias("trigger"),
        "call_id",
    )
    # A call at the very second of a failure did not follow it, so calls sort first.
    order = Window.partitionBy("member_id", "call_topic").orderBy("ts", F.col("call_id").isNull().cast("int"))
    latest = failed.unionByName(asked).withColumn(
        "trigger", F.last("trigger", ignorenulls=True).over(order.rowsBetween(Window.unboundedPreceding, -1))
    )
    found = latest.where("call_id IS NOT NULL").select("call_id", "trigger")
    delay = F.col("ts").cast("long") - F.col("trigger.interaction_timestamp").cast("timestamp").cast("long")
    return (
        calls.withColumn("ts", F.col("call_timestamp").cast("timestamp"))
        .join(found, "call_id", "left")
        .withColumn("is_leaked", ((delay > 0) & (delay <= 30 * 60)).cast("int"))
        .withColumn("is_leaked_24h", ((delay > 0) & (delay <= 24 * 3600)).cast("int"))
        .fillna(0, ["is_leaked", "is_leaked_24h"])
    )


def with_repeats(calls: DataFrame) -> DataFrame:
    """Repeat flag: an earlier call of the same member and topic within seven days; costs and emotion."""
    order = Window.partitionBy("member_id", "call_topic").orderBy("ts", "call_id")
    gap = F.col("ts").cast("long") - F.lag("ts").over(order).cast("long")
    minutes = F.col("handle_time_minutes").cast("double")
    return (
        calls.withColumn("is_repeat", F.coalesce((gap <= 7 * 86400).cast("int"), F.lit(0)))
        .withColumn("is_negative", (F.col("sentiment") == "negative").cast("int"))
        .withColumn("fully_loaded_cost", 12.5 + 0.75 * minutes)
        .withColumn("avoidable_cost", 8.0 * F.col("is_leaked"))
    )


def marts(calls: DataFrame, digital: DataFrame) -> dict[str, DataFrame]:
    """The pre-aggregated gold tables."""
    attributes = ["plan_type", "segment", "tenure_bucket"]
    leaks = calls.where("is_leaked_24h = 1").select(
        "*",
        F.col("trigger.interaction_type").alias("journey"),
        F.col("trigger.failure_reason").alias("failure_reason"),
    )
    daily = digital.groupBy(F.col("interaction_date").alias("kpi_date")).agg(
        F.avg((F.col("outcome") == "success").cast("int")).alias("digital_success_rate")
    )
    kpis = calls.groupBy(F.col("call_date").alias("kpi_date")).agg(
        F.count("*").alias("total_calls"),
        (100 * F.avg("is_repeat")).alias("repeat_call_pct"),
        (100 * F.avg("is_negative")).alias("negative_emotion_pct"),
        F.sum("is_leaked").alias("leaked_calls"),
        F.sum("fully_loaded_cost").alias("daily_call_cost"),
    )
    return {
        "digital_call_leakage": leaks.groupBy(
            "call_date", "journey", "call_topic", *attributes, "failure_reason"
        ).agg(
            F.sum("is_leaked").alias("leaked_calls"),
            F.sum("is_leaked_24h").alias("leaked_calls_24h"),
            F.sum("avoidable_cost").alias("call_cost"),
        ),
        "repeat_calls_analysis": calls.groupBy("call_date", "call_topic", *attributes).agg(
            F.count("*").alias("total_calls"),
            F.sum("is_repeat").alias("repeat_calls"),
            F.sum("is_negative").alias("negative_calls"),
        ),
        "top_opportunities": leaks.groupBy("journey").agg(
            F.count("*").alias("call_volume"), F.sum("avoidable_cost").alias("cost")
        ),
        "executive_kpis": kpis.join(daily, "kpi_date", "full"),
    }


def timeline(facts: dict[str, DataFrame]) -> DataFrame:
    """Every event of every member on one axis."""
    shapes = {
        "calls": ("call_timestamp", "call_topic"),
        "digital_interactions": ("interaction_timestamp", "interaction_type"),
        "claims": ("claim_date", "status"),
        "surveys": ("survey_date", "survey_type"),
        "pharmacy": ("fill_date", "drug_name"),
        "enrollment": ("enrollment_date", "change_type"),
    }
    parts = [
        facts[name]
        .select(
            "member_id", F.col(when).cast("timestamp").alias("event_ts"), F.lit(name).alias("channel"), F.col(what)
        )
        .toDF("member_id", "event_ts", "channel", "event_type")
        for name, (when, what) in shapes.items()
    ]
    return reduce(DataFrame.unionByName, parts)


def main() -> None:
    """Build once and print seconds and the counts that both sides must share, as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    started = time.perf_counter()
    spark = session()
    ready = time.perf_counter()
    raw = {
        table: bronze(spark, arguments.source, arguments.out, table)
        for table in ("members", "call_center", "digital_interactions", *EVENTS)
    }
    people = members(raw["members"]).cache()
    raw["enrollment"] = raw["enrollment"].withColumnRenamed("plan_type", "enrolled_plan_type")
    facts = {name: events(raw[name], key, people) for name, (key, _) in EVENTS.items()}
    facts["digital_interactions"] = events(raw["digital_interactions"], "interaction_id", people).cache()
    calls = with_leaks(events(raw["call_center"], "call_id", people), facts["digital_interactions"])
    facts["calls"] = with_repeats(calls).cache()
    tables = {"members": people, **facts, **marts(facts["calls"], facts["digital_interactions"])}
    tables["member_journey_timeline"] = timeline(facts)
    for name, frame in tables.items():
        frame.write.mode("overwrite").parquet(str(arguments.out / "gold" / name))
    done = time.perf_counter()
    totals = (
        facts["calls"].agg(F.count("*"), F.sum("is_leaked"), F.sum("is_leaked_24h"), F.sum("is_repeat")).first()
    )
    assert totals is not None
    print(json.dumps({"seconds": done - started, "seconds_without_start": done - ready, "totals": list(totals)}))
    spark.stop()


if __name__ == "__main__":
    main()
