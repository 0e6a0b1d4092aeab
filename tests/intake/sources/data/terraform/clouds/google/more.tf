resource "google_bigquery_dataset" "facts" {
  dataset_id = "facts"
}

resource "google_bigquery_table" "visits" {
  dataset_id = google_bigquery_dataset.facts.dataset_id
  table_id   = "visits"
}

resource "google_pubsub_topic" "visits" {
  name = "visits"
  message_storage_policy {
    allowed_persistence_regions = ["europe-west3", "europe-west4"]
  }
}

resource "google_pubsub_topic" "free" {
  name = "free"
}

resource "google_pubsub_subscription" "visits" {
  for_each = {
    table = { table = "portal.facts.visits", hook = "" }
    hook  = { table = "", hook = "https://hooks.vendor.example/in?key=k-4711" }
  }
  name  = "visits-${each.key}"
  topic = google_pubsub_topic.visits.id

  dynamic "bigquery_config" {
    for_each = each.value.table == "" ? [] : [each.value.table]
    content {
      table = bigquery_config.value
    }
  }
  dynamic "push_config" {
    for_each = compact([each.value.hook])
    content {
      push_endpoint = push_config.value
    }
  }
}

resource "google_logging_project_sink" "audit" {
  name        = "audit"
  destination = "storage.googleapis.com/${google_storage_bucket.raw.name}"
}

resource "google_redis_instance" "cache" {
  name           = "cache"
  memory_size_gb = 1
}

resource "google_compute_disk" "work" {
  name = "work"
  zone = "asia-southeast1-b"
}

resource "google_secret_manager_secret" "token" {
  secret_id = "token"
  replication {
    user_managed {
      replicas { location = "europe-west3" }
      replicas { location = "europe-west4" }
    }
  }
}

resource "google_cloudfunctions2_function" "count" {
  name     = "count"
  location = "europe-west3"
  event_trigger {
    event_type   = "google.cloud.pubsub.topic.v1.messagePublished"
    pubsub_topic = google_pubsub_topic.free.id
  }
}
